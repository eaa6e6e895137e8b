"""Claims about `cbp.data`: what it reads, what it decides, and what it says when it cannot."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import math
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cbp import data
from cbp.data import DataError, DataNotFoundError, Dataset, Scaling

Array = np.ndarray[Any, np.dtype[Any]]

IRIS_LIKE = "5.1,3.5,1.4,setosa\n7.0,3.2,4.7,versicolor\n6.3,3.3,6.0,virginica\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a text or bytes file into the test's own folder."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def message(source: str | Path, **options: Any) -> str:
    """What `load` says when it refuses ``source``."""
    with pytest.raises(DataError) as refusal:
        data.load(source, **options)
    return str(refusal.value)


def idx_bytes(array: Array) -> bytes:
    code = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    head = bytes([0, 0, code[array.dtype.str[1:]], array.ndim])
    big = array.astype(array.dtype.newbyteorder(">"))
    return head + struct.pack(f">{array.ndim}I", *array.shape) + big.tobytes()


def npy_bytes(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz_bytes(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def write_mnist(folder: Path, n_train: int = 20, n_test: int = 6, ending: str = "") -> Array:
    """A small folder under MNIST's names; gives back the training images."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    pack = gzip.compress if ending else bytes
    for part, n in (("train", n_train), ("t10k", n_test)):
        images = rng.integers(0, 256, (n, 4, 3), dtype=np.uint8)
        images.flat[:2] = 0, 255
        labels = np.arange(n, dtype=np.uint8) % 5
        (folder / f"{part}-images-idx3-ubyte{ending}").write_bytes(pack(idx_bytes(images)))
        (folder / f"{part}-labels-idx1-ubyte{ending}").write_bytes(pack(idx_bytes(labels)))
        if part == "train":
            first = images
    return first


# Built-in sets ------------------------------------------------------------------------------------


def test_bundled_digits_are_scikit_learns_digits_in_sixteenths() -> None:
    from sklearn.datasets import load_digits

    digits, theirs = data.load("digits", dtype="float64"), load_digits()
    np.testing.assert_array_equal(digits.X * 16, theirs.data)
    np.testing.assert_array_equal(digits.targets, theirs.target)
    assert digits.class_names == tuple(str(name) for name in theirs.target_names)
    assert digits.feature_names == tuple(theirs.feature_names)
    assert digits.image_shape == theirs.images.shape[1:]


def test_bundled_iris_is_scikit_learns_iris() -> None:
    from sklearn.datasets import load_iris

    iris, theirs = data.load("iris", dtype="float64"), load_iris()
    np.testing.assert_array_equal(iris.X, theirs.data)
    np.testing.assert_array_equal(iris.targets, theirs.target)
    assert iris.class_names == tuple(theirs.target_names)
    assert iris.feature_names == tuple(theirs.feature_names)


@pytest.mark.parametrize("name", data.names())
def test_every_bundled_set_is_ready_to_fit_and_attributed(name: str) -> None:
    chosen = data.load(name)
    assert chosen.X.dtype == np.float32
    assert chosen.X.flags.c_contiguous
    assert chosen.targets.dtype == np.int64
    assert chosen.task == "classification"
    assert "CC BY 4.0" in chosen.about
    readme = Path(data.__file__).parent / "sets" / "README.md"
    assert f"{name}.npz" in readme.read_text(encoding="utf-8")


def test_digits_load_in_milliseconds() -> None:
    data.load("digits")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        data.load("digits")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # about 0.003 on an idle machine


def test_importing_cbp_does_not_import_the_data_room() -> None:
    check = "import sys, cbp; sys.exit('cbp.data' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(FileNotFoundError, match="did you mean 'digits'"):
        data.load("digts")


def test_a_missing_file_is_both_a_data_error_and_file_not_found(tmp_path: Path) -> None:
    for name in ("none.csv", "none.npy", "none.npz", "none", "none-images-idx3-ubyte"):
        with pytest.raises(DataNotFoundError) as refusal:
            data.load(tmp_path / name)
        assert isinstance(refusal.value, FileNotFoundError)
        assert name in str(refusal.value)


def test_a_file_of_unknown_format_names_the_known_ones(write: Callable[..., Path]) -> None:
    assert "expected a .csv, .tsv, .npy or .npz file" in message(write("x", "table.xlsx"))


# Tables -------------------------------------------------------------------------------------------


def test_a_csv_of_words_in_the_last_column_is_a_classification(write: Callable[..., Path]) -> None:
    iris = data.load(write(IRIS_LIKE))
    assert iris.task == "classification"
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal(iris.targets, [0, 1, 2])
    np.testing.assert_array_equal(iris.X, np.array([[5.1, 3.5, 1.4], [7, 3.2, 4.7], [6.3, 3.3, 6]], np.float32))
    assert iris.feature_names == ("x1", "x2", "x3")
    assert iris.X.flags.c_contiguous


def test_a_csv_of_fractions_in_the_last_column_is_a_regression(write: Callable[..., Path]) -> None:
    table = data.load(write("a,b,price\n1,2,0.5\n3,4,1.5\n5,6,2\n"), dtype="float64")
    assert table.task == "regression"
    assert table.class_names == ()
    assert table.target_names == ("price",)
    np.testing.assert_array_equal(table.targets, [[0.5], [1.5], [2.0]])
    assert table.targets.dtype == np.float64


def test_few_whole_numbers_are_classes_and_many_are_not(write: Callable[..., Path]) -> None:
    few = "".join(f"{k},{k % 3 - 1}\n" for k in range(30))
    many = "".join(f"{k},{k}\n" for k in range(30))
    assert data.load(write(few)).class_names == ("-1", "0", "1")
    assert data.load(write(many)).task == "regression"
    assert data.load(write(few), task="regression").targets.shape == (30, 1)
    assert data.load(write(many), task="classification").n_outputs == 30


def test_labels_written_as_floats_are_the_same_classes(write: Callable[..., Path]) -> None:
    table = np.c_[np.linspace(0, 1, 8), np.arange(8) % 2 + 1]
    text = io.StringIO()
    np.savetxt(text, table, delimiter=",")
    assert data.load(write(text.getvalue())).class_names == ("1", "2")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("packed", [False, True])
def test_delimiters_and_gzip_are_recognised(write: Callable[..., Path], delimiter: str, packed: bool) -> None:
    text = IRIS_LIKE.replace(",", delimiter).encode()
    path = write(gzip.compress(text) if packed else text, "t.csv.gz" if packed else "t.csv")
    np.testing.assert_array_equal(data.load(path).X, data.load(write(IRIS_LIKE)).X)


def test_a_tsv_may_hold_commas_in_its_words(write: Callable[..., Path]) -> None:
    table = data.load(write("1\t2\ta,b\n3\t4\tc,d\n", "t.tsv"))
    assert table.class_names == ("a,b", "c,d")


def test_quotes_blank_lines_crlf_and_a_byte_order_mark_are_read(write: Callable[..., Path]) -> None:
    text = '\ufeff"width, cm","kind"\r\n\r\n"1.5","a, b"\r\n2.5,c\r\n\r\n'
    table = data.load(write(text))
    assert table.feature_names == ("width, cm",)
    assert table.class_names == ("a, b", "c")
    np.testing.assert_array_equal(table.X, [[1.5], [2.5]])


@pytest.mark.parametrize(
    ("first", "names"),
    [
        ("a,b,c,kind\n", ("a", "b", "c")),
        ("0,1,2,kind\n", ("0", "1", "2")),
        ("0,1,2,3\n", ("0", "1", "2")),
        ("# a,b,c,kind\n", ("a", "b", "c")),
        ("# written by a program\n", ("x1", "x2", "x3")),
        ("", ("x1", "x2", "x3")),
    ],
)
def test_a_header_is_told_from_samples(write: Callable[..., Path], first: str, names: tuple[str, ...]) -> None:
    table = data.load(write(first + "5.5,1,2,0\n4.5,0,2,1\n"))
    assert table.feature_names == names
    assert len(table) == 2


def test_whole_numbers_in_the_first_row_are_a_sample(write: Callable[..., Path]) -> None:
    assert len(data.load(write("0,1,2\n3,4,5\n6,7,8\n"))) == 3


def test_header_may_be_forced(write: Callable[..., Path]) -> None:
    path = write("2019,2020,1\n1,2,0\n3,4,1\n5,6,0\n")
    assert len(data.load(path)) == 4
    assert data.load(path, header=True).feature_names == ("2019", "2020")


def test_a_first_column_that_numbers_the_rows_is_no_feature(write: Callable[..., Path]) -> None:
    table = data.load(write(",a,b,kind\n0,1,2,u\n1,3,4,v\n"))
    assert table.feature_names == ("a", "b")
    np.testing.assert_array_equal(table.X, [[1, 2], [3, 4]])


@pytest.mark.parametrize("target", ["y", 1, -2, "1"], ids=repr)
def test_the_target_is_chosen_by_name_or_place(write: Callable[..., Path], target: str | int) -> None:
    table = data.load(write("a,y,b\n1,u,2\n3,v,4\n"), target=target)
    assert table.feature_names == ("a", "b")
    assert table.class_names == ("u", "v")
    np.testing.assert_array_equal(table.X, [[1, 2], [3, 4]])


def test_several_targets_are_several_outputs(write: Callable[..., Path]) -> None:
    table = data.load(write("a,u,v\n1,2,0.5\n3,4,1.5\n"), target=["u", "v"])
    assert table.target_names == ("u", "v")
    np.testing.assert_array_equal(table.targets, [[2, 0.5], [4, 1.5]])


def test_features_are_chosen_and_ordered_by_name(write: Callable[..., Path]) -> None:
    table = data.load(write("name,a,b,y\nanna,1,2,u\nbert,3,4,v\n"), features=["b", "a"])
    np.testing.assert_array_equal(table.X, [[2, 1], [4, 3]])
    assert table.feature_names == ("b", "a")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,b,y\n1,2,u\n3,v\n", "line 3: expected 3 values, got 2"),
        ("a,b,y\n1,2,u\n\n3,4,v,9\n", "line 4: expected 3 values, got 4"),
        ("a,b,y\n1,2,3,u\n3,4,5,v\n", "line 2: expected 3 values, got 4"),
        ("1,2,u\n3,4\n", "line 2: expected 3 values, got 2"),
        ("a,b,y\n1,2,u\n3,red,v\n", "line 3, column 'b': expected a number, got 'red'"),
        ("1,2,u\n3,red,v\n", "line 2, column 'x2': expected a number, got 'red'"),
        ("1,2,u\n1_0,2,v\n", "line 2, column 'x1': expected a number, got '1_0'"),
        ("1.5x,2.5,0\n3,4,1\n", "line 1, column 'x1': expected a number, got '1.5x'"),
        ("1;2,5;u\n3;4,5;v\n", "expected a number, got '2,5'; write decimals with a point"),
        ("a,b,y\n1,,u\n3,4,v\n", "line 2, column 'b': the value is missing ('')"),
        ("a,b,y\n1,2,u\n3,NaN,v\n", "line 3, column 'b': the value is missing ('NaN')"),
        ("a,b,y\n1,2,u\n3,4,\n", "line 3, column 'y': the value is missing ('')"),
        ("a,b,y\n1,2,0.5\n3,4,?\n", "line 3, column 'y': the value is missing ('?')"),
        ("a,b,y\n1,2,u\n3,inf,v\n", "line 3, column 'b': expected a finite number, got 'inf'"),
        ("a,b,y\n1,2,0.5\n3,4,1e999\n", "line 3, column 'y': expected a finite number"),
        ("a,b,y\n1,2,0.5\n3,4,big\n", "line 3, column 'y': expected a number, got 'big'"),
        ('a,b,y\n1,2,u\n3,4,"v\n5,6,w\n', "line 3, column 'y': a quoted text runs over"),
        ("a,b,y\n1,2,u\n3,4,u\n", "all 2 samples are 'u'; expected two classes or more"),
        ("a,a,y\n1,2,u\n", "two columns are called 'a'"),
        ("a,b,y\n", "expected samples below the header, got none"),
        ("", "expected a table, got an empty file"),
        ("\n\n# nothing\n", "expected a table, got an empty file"),
        ("1 2 u\n3 4 v\n", "columns are separated by , ; or tab"),
    ],
)
def test_a_bad_csv_is_refused_with_its_place(write: Callable[..., Path], text: str, complaint: str) -> None:
    said = message(write(text))
    assert complaint in said
    assert "table.csv" in said
    assert "\n" not in said


def test_a_word_among_numbers_is_found_far_below_the_first_lines(
    write: Callable[..., Path],
) -> None:
    rows = [f"{k},{k},{k % 2}" for k in range(2000)]
    rows[1234] = "1,two,0"
    assert "line 1235, column 'x2': expected a number, got 'two'" in message(write("\n".join(rows)))


def test_a_number_beyond_float32_asks_for_float64(write: Callable[..., Path]) -> None:
    path = write("1e39,0\n2,1\n")
    assert "too large for float32; read the data as float64" in message(path)
    assert data.load(path, dtype="float64").X[0, 0] == 1e39


def test_texts_too_many_to_be_classes_ask_for_the_target(write: Callable[..., Path]) -> None:
    path = write("".join(f"{k},name{k}\n" for k in range(500)))
    assert "500 different texts in 500 samples" in message(path)


def test_words_where_regression_was_asked_for_are_refused(write: Callable[..., Path]) -> None:
    assert "line 1, column 'x4': expected a number" in message(write(IRIS_LIKE), task="regression")


def test_several_targets_of_words_are_refused(write: Callable[..., Path]) -> None:
    said = message(write("a,u,v\n1,2,p\n3,4,q\n"), target=["u", "v"])
    assert "line 2, column 'v': expected a number, got 'p'" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"target": "kin"}, "there is no column 'kin'; did you mean 'kind'?"),
        ({"target": 7}, "there is no column 7, only 0 to 2"),
        ({"features": ["a", "kind"]}, "column 'kind' is both a feature and a target"),
        ({"target": ["a", "b", "kind"]}, "expected features beside the target"),
        ({"task": "clustering"}, "expected task 'classification' or 'regression'"),
        ({"task": "regression", "class_names": ["u"]}, "has no classes"),
        ({"dtype": "int32"}, "expected dtype 'float32' or 'float64', got 'int32'"),
        ({"class_names": ["u", "w"]}, "unknown class 'v'"),
    ],
)
def test_a_wrong_option_is_refused(write: Callable[..., Path], options: dict[str, Any], complaint: str) -> None:
    assert complaint in message(write("a,b,kind\n1,2,u\n3,4,v\n"), **options)


def test_text_that_is_not_utf8_is_refused(write: Callable[..., Path]) -> None:
    assert "expected UTF-8 text, got the byte 0xe9" in message(write(b"a,y\n1,caf\xe9\n2,u\n"))


def test_a_damaged_gzip_is_refused(write: Callable[..., Path]) -> None:
    packed = gzip.compress(IRIS_LIKE.encode() * 1000)
    assert "gzip data is damaged or cut short" in message(write(packed[:-20], "t.csv.gz"))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in message(tmp_path / "folder.csv")


def test_a_large_csv_reads_in_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    row = ",".join(f"{x:.6g}" for x in rng.normal(size=100))
    path = tmp_path / "large.csv"
    path.write_text("".join(f"{row},{k % 2}\n" for k in range(10_000)))
    start = time.perf_counter()
    assert data.load(path).X.shape == (10_000, 100)
    assert time.perf_counter() - start < 5  # about 0.25 on an idle machine


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(2, 5)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_numbers_survive_a_round_trip_through_csv(tmp_path_factory: pytest.TempPathFactory, table: Array) -> None:
    path = tmp_path_factory.mktemp("round") / "t.csv"
    path.write_text("\n".join(",".join(map(repr, row)) for row in table.tolist()) + "\n")
    read = data.load(path, task="regression", header=False, dtype="float64")
    np.testing.assert_array_equal(np.c_[read.X, read.targets], table)


# NumPy files --------------------------------------------------------------------------------------


def test_an_npy_table_has_its_target_last(write: Callable[..., Path]) -> None:
    table = np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 1.0], [5.0, 6.0, 0.0], [7.0, 8.0, 1.0]])
    read = data.load(write(npy_bytes(table), "t.npy"))
    np.testing.assert_array_equal(read.X, table[:, :2])
    np.testing.assert_array_equal(read.targets, [0, 1, 0, 1])
    assert data.load(write(npy_bytes(table), "t.npy"), target=0).task == "regression"


@pytest.mark.parametrize("dtype", [">f4", "<f8", "f2", ">i2", "u1", "i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_number_type_and_memory_order_reads(write: Callable[..., Path], dtype: str, order: Any) -> None:
    table = np.arange(12).reshape(4, 3).astype(dtype, order=order)
    read = data.load(write(npy_bytes(table), "t.npy"))
    np.testing.assert_array_equal(read.X, table[:, :2].astype(float))
    assert read.X.dtype.isnative
    assert read.X.flags.c_contiguous


def test_a_structured_array_names_its_columns(write: Callable[..., Path]) -> None:
    table = np.array([(1, 2.5, "u"), (3, 4.5, "v")], dtype=[("a", "i4"), ("b", "f8"), ("y", "U5")])
    read = data.load(write(npy_bytes(table), "t.npy"))
    assert read.feature_names == ("a", "b")
    assert read.class_names == ("u", "v")
    np.testing.assert_array_equal(read.X, [[1, 2.5], [3, 4.5]])


@pytest.mark.parametrize("names", [("X", "y"), ("x", "targets"), ("data", "target"), ("X", "Y")])
def test_an_npz_pairs_samples_with_targets(write: Callable[..., Path], names: tuple[str, str]) -> None:
    arrays = {names[0]: np.eye(4), names[1]: np.array([0, 1, 0, 1])}
    read = data.load(write(npz_bytes(**arrays), "t.npz"))
    np.testing.assert_array_equal(read.X, np.eye(4))
    assert read.class_names == ("0", "1")
    assert read.test is None


def test_an_npz_with_a_test_part_carries_it(write: Callable[..., Path]) -> None:
    images = np.arange(6 * 2 * 2, dtype=np.uint8).reshape(6, 2, 2) * 10
    read = data.load(
        write(
            npz_bytes(
                x_train=images,
                y_train=np.array([3, 7, 3, 7, 3, 7]),
                x_test=images[:1],
                y_test=np.array([7]),
            ),
            "mnist.npz",
        )
    )
    assert read.test is not None
    assert read.image_shape == read.test.image_shape == (2, 2)
    assert read.class_names == read.test.class_names == ("3", "7")
    np.testing.assert_array_equal(read.test.targets, [1])
    np.testing.assert_allclose(read.X, images.reshape(6, 4) / 255, rtol=1e-7)
    train, test = read.train_and_test()
    assert test is read.test
    assert train.test is None


def test_one_hot_rows_are_classes_and_other_rows_are_outputs() -> None:
    one_hot = np.eye(3)[[0, 2, 1, 0]]
    X = np.zeros((4, 2))
    np.testing.assert_array_equal(data.from_arrays(X, one_hot).targets, [0, 2, 1, 0])
    assert data.from_arrays(X, one_hot, task="regression").targets.shape == (4, 3)
    assert data.from_arrays(X, one_hot * 2).task == "regression"
    multi_label = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 1]])
    assert data.from_arrays(X, multi_label).targets.shape == (4, 3)


@pytest.mark.parametrize(
    ("targets", "class_names"),
    [
        (np.array(["u", "v", "u"]), ("u", "v")),
        (np.array([b"u", b"v", b"u"]), ("u", "v")),
        (np.array(["u", "v", "u"], dtype=object), ("u", "v")),
        (np.array([True, False, True]), ("False", "True")),
        (np.array([[5], [9], [5]]), ("5", "9")),
        (np.array([1.0, 2.0, 1.0]), ("1", "2")),
    ],
)
def test_targets_of_every_kind_become_labels(targets: Array, class_names: tuple[str, ...]) -> None:
    assert data.from_arrays(np.zeros((3, 1)), targets).class_names == class_names


def test_a_grey_level_is_scaled_and_a_column_of_a_byte_is_not() -> None:
    levels = np.array([[0, 255], [51, 102]], dtype=np.uint8)
    assert data.from_arrays(levels, [0, 1]).X.max() == 255
    images = data.from_arrays(levels[:, None, :], [0, 1])
    np.testing.assert_array_equal(images.X, np.array([[0, 1], [0.2, 0.4]], np.float32))
    assert images.image_shape == (1, 2)


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was loaded",))


def test_objects_are_never_unpickled(write: Callable[..., Path]) -> None:
    bombs = np.array([[Bomb(), Bomb()]], dtype=object)
    assert "Python objects" in message(write(npy_bytes(bombs), "t.npy"))
    archive = npz_bytes(X=bombs, y=np.array([0, 1]))
    assert "Python objects" in message(write(archive, "t.npz"))


@pytest.mark.parametrize(
    ("content", "name", "complaint"),
    [
        (npy_bytes(np.eye(9))[:-8], "t.npy", "promises 648 bytes of data, got 640"),
        (npy_bytes(np.eye(3)) + b"\0", "t.npy", "promises 72 bytes of data, but more follow"),
        (b"\x93NUMPY\x01\x00garbage", "t.npy", "damaged header"),
        (b"", "t.npy", "damaged header"),
        (npy_bytes(np.zeros(5)), "t.npy", "expected a table"),
        (npy_bytes(np.zeros((0, 10**9))), "t.npy", "got shape (0, 1000000000)"),
        (npz_bytes(X=np.zeros((0, 10**9)), y=np.zeros(0)), "t.npz", "got an empty array of shape"),
        (
            npy_bytes(np.array([[1, math.nan, 0], [1, 2, 1]])),
            "t.npy",
            "X[0, 1]: the value is missing",
        ),
        (npy_bytes(np.array([[1, math.inf, 0], [1, 2, 1]])), "t.npy", "expected a finite number"),
        (npy_bytes(np.array([["a", "b"], ["c", "d"]])), "t.npy", "expected an array of numbers"),
        (
            npy_bytes(np.array([(1, "u", 0)], "i4,U1,i4")),
            "t.npy",
            "column 'f1': expected numbers, got dtype <U1",
        ),
        (
            npy_bytes(np.array([((1, 2), 0)], "(2,)i4,i4")),
            "t.npy",
            "column 'f0': expected one number for each sample",
        ),
        (npy_bytes(np.eye(2, dtype=complex)), "t.npy", "expected an array of numbers"),
        (
            npy_bytes(np.array([(1, "u")], "i4,U1")).replace(b"u\0\0\0", b"u\0\0\1"),
            "t.npy",
            "expected texts, got damaged ones",
        ),
        (b"PK not a zip", "t.npz", "npz archive is damaged"),
        (npz_bytes(A=np.eye(2)), "t.npz", "expected samples in X or x_train, got 'A'"),
        (npz_bytes(X=np.eye(2)), "t.npz", "expected targets in y, targets or y_train, got 'X'"),
        (npz_bytes(X=np.eye(3), y=np.arange(2)), "t.npz", "3 samples but 2 targets"),
        (npz_bytes(X=np.float64(1), y=np.arange(2)), "t.npz", "expected one row per sample"),
        (
            npz_bytes(
                x_train=np.eye(2),
                y_train=np.arange(2),
                x_test=np.eye(3),
                y_test=np.array([0, 1, 0]),
            ),
            "t.npz",
            "2 features, but 3 in the test part",
        ),
    ],
)
def test_a_bad_array_file_is_refused(write: Callable[..., Path], content: bytes, name: str, complaint: str) -> None:
    said = message(write(content, name), dtype="float64")
    assert complaint in said
    assert name in said


def test_a_header_that_promises_too_much_allocates_nothing(write: Callable[..., Path]) -> None:
    content = npy_bytes(np.zeros((1000000, 3)))[:128].replace(b"1000000", b"9" * 7)
    assert "promises 239999976 bytes of data, got 0" in message(write(content, "t.npy"))


def test_an_archive_that_unfolds_beyond_its_header_is_cut_off(write: Callable[..., Path]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", npy_bytes(np.eye(2)) + bytes(50_000_000))
        archive.writestr("y.npy", npy_bytes(np.arange(2)))
    path = write(file.getvalue(), "t.npz")
    tracemalloc.start()
    said = message(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    assert "X: the header promises 32 bytes of data, but more follow" in said


# IDX ----------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"]),
        hnp.array_shapes(max_dims=4, max_side=5, min_side=0),
    ),
    st.booleans(),
)
def test_idx_round_trip(tmp_path_factory: pytest.TempPathFactory, array: Array, packed: bool) -> None:
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    read = data.read_idx(path)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_under_mnists_names_is_read_with_its_test_part(tmp_path: Path, ending: str) -> None:
    images = write_mnist(tmp_path / "mnist", ending=ending)
    mnist = data.load(tmp_path / "mnist")
    assert mnist.test is not None
    assert (len(mnist), len(mnist.test)) == (20, 6)
    assert mnist.image_shape == (4, 3)
    assert mnist.class_names == ("0", "1", "2", "3", "4")
    np.testing.assert_array_equal(mnist.X, images.reshape(20, 12) / np.float32(255))
    assert mnist.X.min() == 0
    assert mnist.X.max() == 1
    assert "0..1" in mnist.about


def test_a_prefix_or_one_file_of_images_finds_its_labels(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    test_part = data.load(tmp_path / "t10k")
    assert (len(test_part), test_part.test) == (6, None)
    one_file = data.load(tmp_path / "t10k-images-idx3-ubyte")
    np.testing.assert_array_equal(one_file.X, test_part.X)
    for path in list(tmp_path.iterdir()):
        renamed = path.name.replace("t10k", "test").replace("-idx", ".idx")
        path.rename(path.with_name(f"letters-{renamed}"))
    letters = data.load(tmp_path / "letters")
    assert len(letters) == 20
    assert letters.test is not None
    assert len(letters.test) == 6


def test_labels_take_the_names_they_are_given(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    names = ("shirt", "bag", "coat", "boot", "dress")
    mnist = data.load(tmp_path, class_names=names)
    assert mnist.class_names == names
    np.testing.assert_array_equal(mnist.targets, np.arange(20) % 5)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (idx_bytes(np.zeros((2, 3, 4), "u1"))[:-1], "promises 24 bytes of data, got 23"),
        (idx_bytes(np.zeros((2, 3, 4), "u1")) + b"!", "promises 24 bytes of data, but more"),
        (b"\0\0\x08\x03\0\0\0\x02", "ends within its 3 dimensions"),
        (b"\x01\0\x08\x03", "expected an IDX file, which begins 00 00 08 03 (images)"),
        (b"\0\0\x0a\x03", "got 00 00 0a 03"),
        (b"", "got an empty file"),
        (b"\0\0\x08\x04" + b"\xff" * 16 + b"data", "data, got 4"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"!", "expected an array, got uint8 in shape (1,"),
        (b"\0\0\x08\x04" + b"\xff" * 12 + bytes(4), "expected an array, got uint8 in shape"),
    ],
)
def test_a_bad_idx_file_is_refused(write: Callable[..., Path], content: bytes, complaint: str) -> None:
    path = write(content, "train-images-idx3-ubyte")
    with pytest.raises(DataError) as refusal:
        data.read_idx(path)
    assert complaint in str(refusal.value)
    assert "train-images-idx3-ubyte" in str(refusal.value)


def test_labels_that_do_not_match_the_images_are_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(9, dtype=np.uint8)))
    assert "20 samples but 9 targets" in message(tmp_path)


def test_images_without_labels_name_the_missing_file(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert "train-labels-idx1-ubyte: there is no such file" in message(tmp_path)


def test_a_folder_without_images_says_what_it_should_hold(tmp_path: Path) -> None:
    assert "expected the files train-images-idx3-ubyte and" in message(tmp_path)


# Samples alone ------------------------------------------------------------------------------------


def test_features_are_found_by_name_wherever_they_are(write: Callable[..., Path]) -> None:
    path = write("id,b,note,a\n7,2,x,1\n8,4,y,3\n")
    np.testing.assert_array_equal(data.load_features(path, features=["a", "b"]), [[1, 2], [3, 4]])


def test_features_without_names_are_taken_in_order(write: Callable[..., Path]) -> None:
    path = write("1,2\n3,4\n")
    for names in (None, ["a", "b"], ["x1", "x2"]):
        np.testing.assert_array_equal(data.load_features(path, features=names), [[1, 2], [3, 4]])
    with pytest.raises(DataError, match="expected 3 feature columns, got 2"):
        data.load_features(path, features=["a", "b", "c"])


def test_the_target_of_a_training_file_may_be_left_out(write: Callable[..., Path]) -> None:
    X = data.load_features(write(IRIS_LIKE), features=["a", "b", "c"], target=-1)
    np.testing.assert_array_equal(X, data.load(write(IRIS_LIKE)).X)


def test_a_column_a_network_needs_and_a_file_lacks_is_named(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"no column 'width'; did you mean 'widht'\?"):
        data.load_features(write("height,widht\n1,2\n"), features=["height", "width"])


def test_samples_alone_come_from_every_format(write: Callable[..., Path], tmp_path: Path) -> None:
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(data.load_features(write(npy_bytes(table), "t.npy")), table)
    np.testing.assert_array_equal(data.load_features(write(npz_bytes(X=table), "t.npz")), table)
    parts = npz_bytes(x_train=table, x_test=table + 1)
    np.testing.assert_array_equal(data.load_features(write(parts, "t.npz")), table + 1)
    write_mnist(tmp_path / "mnist")
    assert data.load_features(tmp_path / "mnist").shape == (6, 12)
    assert data.load_features("iris", dtype="float64").shape == (150, 4)
    assert data.load_features("iris", features=data.load("iris").feature_names[:2]).shape == (
        150,
        2,
    )


def test_a_second_file_takes_the_classes_of_the_first(write: Callable[..., Path]) -> None:
    names = data.load(write(IRIS_LIKE)).class_names
    later = data.load(write("6.1,3.0,5.5,virginica\n"), class_names=names)
    np.testing.assert_array_equal(later.targets, [2])
    assert "unknown class 'virgin'; did you mean 'virginica'?" in message(
        write("6.1,3.0,5.5,virgin\n"), class_names=names
    )
    swapped = data.load(write("1,0\n2,1\n"), class_names=("1", "0"))
    np.testing.assert_array_equal(swapped.targets, [1, 0])
    numbers = data.load(write("1,5\n2,9\n3,5\n4,9\n")).class_names
    np.testing.assert_array_equal(data.load(write("1,9\n"), class_names=numbers).targets, [1])


# Split and scale ----------------------------------------------------------------------------------


def test_a_split_keeps_every_class_in_its_proportion() -> None:
    digits = data.load("digits")
    train, held_out = digits.split(0.2, seed=1)
    assert len(train) + len(held_out) == len(digits)
    shares = np.bincount(held_out.targets.astype(int)) / np.bincount(digits.targets.astype(int))
    np.testing.assert_allclose(shares, 0.2, atol=0.004)


def test_a_split_depends_on_the_seed_alone() -> None:
    iris = data.load("iris")
    first, again, other = (iris.split(0.3, seed=seed)[1].X for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60).filter(lambda x: len(set(x)) > 1),
    st.floats(0.001, 0.999),
    st.integers(0, 2**32),
)
def test_a_split_parts_the_samples_and_loses_no_class(labels: list[int], fraction: float, seed: int) -> None:
    X = np.arange(len(labels), dtype=np.float32)[:, None]
    whole = data.from_arrays(X, labels, task="classification")
    counts = np.bincount(whole.targets.astype(int))
    if counts.max() == 1:
        with pytest.raises(DataError, match="cannot hold out any"):
            whole.split(fraction, seed)
        return
    train, held_out = whole.split(fraction, seed)
    np.testing.assert_array_equal(np.sort(np.r_[train.X, held_out.X], axis=0), X)
    assert set(train.targets) == set(whole.targets)
    assert set(held_out.targets) == set(np.flatnonzero(counts > 1))


def test_a_regression_splits_by_number_of_samples() -> None:
    whole = data.from_arrays(np.eye(10), np.linspace(0, 1, 10))
    train, held_out = whole.split(0.25, seed=0)
    assert (len(train), len(held_out)) == (8, 2)
    with pytest.raises(DataError, match="cannot hold out any of 1 samples"):
        whole.take(np.array([3])).split()
    with pytest.raises(DataError, match="between 0 and 1, got 1"):
        whole.split(1)


def test_scaled_columns_have_mean_0_and_deviation_1() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal([5, -1e6, 1e-9], [2, 10, 1e-12], size=(10_000, 3))
    scaled = Scaling.fit(X).apply(X)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-9)


def test_a_constant_column_stays_at_0_whatever_comes_later() -> None:
    scaling = Scaling.fit(np.array([[0.1, 1], [0.1, 2], [0.1, 3]], np.float32))
    np.testing.assert_array_equal(scaling.apply(np.array([[0.1, 2], [99, 2]], np.float32)), 0)
    np.testing.assert_array_equal(scaling.inverse(np.zeros((1, 2))), [[np.float32(0.1), 2]])


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 20), st.integers(1, 4)),
        elements=st.floats(-1e300, 1e300),
    )
)
def test_scaling_inverts_and_survives_json(X: Array) -> None:
    scaling = Scaling.from_json(json.loads(json.dumps(Scaling.fit(X).to_json())))
    scaled = scaling.apply(X)
    np.testing.assert_array_equal(scaled, Scaling.fit(X).apply(X))
    assert np.isfinite(scaled).all()
    size = np.abs(X).max(axis=0)
    assert np.all(np.abs(scaling.inverse(scaled) - X) <= 1e-12 * size + 1e-300)


def test_scaling_keeps_the_dtype_and_takes_one_sample() -> None:
    X = np.arange(12, dtype=np.float32).reshape(4, 3)
    scaling = Scaling.fit(X)
    assert scaling.apply(X).dtype == np.float32
    np.testing.assert_array_equal(scaling.apply(X[1]), scaling.apply(X)[1])
    with pytest.raises(DataError, match=r"expected 3 columns, as in training, got shape \(4, 2\)"):
        scaling.apply(X[:, :2])


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"shift": [0]},
        {"shift": [0], "scale": [1, 2]},
        {"shift": [0], "scale": [-1]},
        {"shift": ["a"], "scale": [1]},
        {"shift": [math.nan], "scale": [1]},
        {"shift": 0, "scale": 1},
    ],
)
def test_a_damaged_stored_scaling_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="stored scaling"):
        Scaling.from_json(stored)


def test_a_data_set_scales_its_test_part_and_its_targets_too(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    mnist = data.load(tmp_path)
    standard = Scaling.fit(mnist.X)
    scaled = mnist.scaled(standard)
    assert mnist.test is not None
    assert scaled.test is not None
    np.testing.assert_array_equal(scaled.test.X, standard.apply(mnist.test.X))
    with pytest.raises(DataError, match="only numbers can be scaled"):
        mnist.scaled(standard, standard)
    line = data.from_arrays(np.eye(4), np.array([0.5, 1.5, 2.5, 4.0]))
    targets = Scaling.fit(line.targets)
    scaled = line.scaled(Scaling.fit(line.X), targets)
    assert scaled.targets.mean() == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(targets.inverse(scaled.targets), line.targets, rtol=1e-6)


def test_a_data_set_tells_what_it_is() -> None:
    assert repr(data.load("iris")) == "<Dataset 'iris': 150 samples, 4 features, 3 classes>"
    line = data.from_arrays(np.zeros((3, 1)), np.array([0.5, 1.5, 2.5]), name="line")
    assert line.summary == "3 samples, 1 feature, 1 number to predict"
    with pytest.raises(DataError, match="2 features, 1 names"):
        Dataset(np.zeros((1, 2)), np.zeros((1, 1)), ("a",))


# Damage -------------------------------------------------------------------------------------------

SOUND = {
    "t.csv": IRIS_LIKE.encode() * 3,
    "header.csv": b"a,b,y\n1,2,0.5\n3,4,1.5\n5,6,2.5\n",
    "t.csv.gz": gzip.compress(IRIS_LIKE.encode() * 3),
    "t.npy": npy_bytes(np.arange(12.0).reshape(4, 3)),
    "s.npy": npy_bytes(np.array([(1, 2, "u"), (3, 4, "v")], "i4,f8,U3")),
    "t.npz": npz_bytes(X=np.arange(8.0).reshape(4, 2), y=np.array(["u", "v", "u", "v"])),
    "train-images-idx3-ubyte": idx_bytes(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)),
    "train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(np.ones((4, 4, 3), np.uint8))),
}


@pytest.mark.parametrize("name", SOUND)
@settings(max_examples=150, deadline=None)
@given(draw=st.data())
def test_a_damaged_file_loads_or_is_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, draw: st.DataObject
) -> None:
    damaged = bytearray(SOUND[name])
    for _ in range(draw.draw(st.integers(0, 4))):
        damaged[draw.draw(st.integers(0, len(damaged) - 1))] ^= draw.draw(st.integers(1, 255))
    del damaged[draw.draw(st.integers(0, 2 * len(damaged))) :]
    folder = tmp_path_factory.mktemp("damaged")
    (folder / name).write_bytes(damaged)
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([0, 1, 0, 1], np.uint8)))
    for read in (data.load, data.load_features):
        with contextlib.suppress(DataError):
            read(folder / name)
