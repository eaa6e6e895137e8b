# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What becomes of a batch that has been forward and backward: its gradient, and the step along it.

    differentiate      g = δE/δθ                                          eqs 13, 15
    shape              g + l1·sign(W) + l2·W, clipped by value, by norm
    step               the optimiser's
    project            the weights into a unit no longer than max_norm
    average            the running mean of θ

Each thread does its share, some rows of every gradient, and meets the others only where it needs what they have
computed: before the norm of the whole gradient, an optimiser in Python, the norms of columns. What is not asked for
costs one comparison a step, and plain gradient descent adds -η·g to θ as g is computed.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport INFINITY, pow, sqrt

from .course cimport Course
from .passes cimport Layer, Net, Share, differentiate, real
from .regularizers cimport Regularizers
from .team cimport begin_of, team_meet

from . import isa

cdef const Regularizers *regularizers = <const Regularizers *>PyCapsule_GetPointer(
    isa.regularizers.table, "cbp.core.regularizers")


cdef struct Stretch:
    # Parameters that lie together and learn, of one share. It begins with zeros.
    Py_ssize_t start, stop
    int l                        # the newest layer in it
    bint more                    # b^l is still to come


cdef bint next_stretch(const Net *net, const Share *share, Stretch *at) noexcept nogil:
    """Go on to the next stretch of what `differentiate` gives this share, as few as there are; whether there is one."""
    cdef const Layer *layer = net.layer
    cdef Py_ssize_t rows
    if at.more:
        at.more = False
        at.start, at.stop = layer[at.l].b, layer[at.l].b + layer[at.l].size
        return True
    at.l = max(at.l, 1) + 1
    while at.l <= net.L and layer[at.l].frozen:
        at.l += 1
    if at.l > net.L:
        return False
    at.start, rows = layer[at.l].W, layer[at.l - 1].size
    if share.threads == 1:
        while at.l < net.L and not layer[at.l + 1].frozen:
            at.l += 1
        at.stop = layer[at.l].b + layer[at.l].size
        return True
    at.stop = at.start + begin_of(rows, share.thread + 1, share.threads) * layer[at.l].size
    at.start += begin_of(rows, share.thread, share.threads) * layer[at.l].size
    at.more = at.l % share.threads == share.thread
    return True


cdef void learn(Course *course, double weight, const Share *share, real tag) noexcept nogil:
    """This share of every gradient, and its step."""
    cdef const real *X = <const real *>course.X_B
    cdef real scale = <real>(1 / weight) if course.net.mean else 1
    if course.plain:
        differentiate(course.net, X, <real *>course.work, -scale * <real>course.rate, True, <real *>course.theta, share)
    elif course.sums:
        differentiate(course.net, X, <real *>course.work, <real>1, True, <real *>course.gradient, share)
    else:
        if course.update != NULL and course.update.begin != NULL:     # its scalars are one thread's to change
            if share.thread == 0:
                course.update.begin(course.hyper, course.step + 1)
            team_meet(&course.crew)
        differentiate(course.net, X, <real *>course.work, scale, False, <real *>course.gradient, share)
        if course.shapes:
            shape(course, share, tag)
        step(course, share, tag)
    if course.raised:
        return
    if course.max_norm < INFINITY:
        project(course, share, tag)
    if course.average != NULL:
        average(course, share, tag)


cdef void shape(Course *course, const Share *share, real tag) noexcept nogil:
    """Add the penalties' gradient, and clip."""
    cdef const Layer *layer = course.net.layer
    cdef double *squares = course.squares
    cdef double *penalties = course.penalties
    cdef Py_ssize_t rows, O, i, I
    cdef int l
    for l in range(2, course.net.L + 1):
        rows, O = layer[l - 1].size, layer[l].size
        if not layer[l].frozen:
            i = begin_of(rows, share.thread, share.threads)
            I = begin_of(rows, share.thread + 1, share.threads) - i
            shape_rows(course, layer[l].W + i * O, I, O, course.l1, course.l2,
                       squares + i if squares != NULL else NULL, tag)
            if penalties != NULL:
                weigh_rows(course, layer[l].W + i * O, I, O, penalties + i, tag)
            if l % share.threads == share.thread:
                shape_rows(course, layer[l].b, 1, O, 0, 0, squares + rows if squares != NULL else NULL, tag)
        if squares != NULL:
            squares += rows + 1
        if penalties != NULL:
            penalties += rows
    if squares != NULL:
        team_meet(&course.crew)
        clip(course, share, norm_of(course.net, course.squares), tag)


cdef inline void shape_rows(const Course *course, Py_ssize_t start, Py_ssize_t rows, Py_ssize_t cols,
                            double l1, double l2, double *squares, real tag) noexcept nogil:
    if real is float:
        regularizers.shape_f32(<float *>course.gradient + start, <float *>course.theta + start, rows, cols, l1, l2,
                               course.clip_value, squares)
    else:
        regularizers.shape_f64(<double *>course.gradient + start, <double *>course.theta + start, rows, cols, l1, l2,
                               course.clip_value, squares)


cdef inline void weigh_rows(const Course *course, Py_ssize_t start, Py_ssize_t rows, Py_ssize_t cols,
                            double *penalties, real tag) noexcept nogil:
    if real is float:
        regularizers.weigh_f32(<float *>course.theta + start, rows, cols, course.l1, course.l2, penalties)
    else:
        regularizers.weigh_f64(<double *>course.theta + start, rows, cols, course.l1, course.l2, penalties)


cdef double penalty_of(const Net *net, const double *penalties) noexcept nogil:
    """Their sum over the layers that learn, in the order of the rows."""
    cdef double total = 0
    cdef Py_ssize_t i
    cdef int l
    for l in range(2, net.L + 1):
        if not net.layer[l].frozen:
            for i in range(net.layer[l - 1].size):
                total += penalties[i]
        penalties += net.layer[l - 1].size
    return total


cdef double norm_of(const Net *net, const double *squares) noexcept nogil:
    """‖g‖ over the layers that learn, from the sums of squares of its rows, in their order."""
    cdef double total = 0
    cdef Py_ssize_t i, rows
    cdef int l
    for l in range(2, net.L + 1):
        rows = net.layer[l - 1].size + 1
        if not net.layer[l].frozen:
            for i in range(rows):
                total += squares[i]
        squares += rows
    return sqrt(total)


cdef void clip(const Course *course, const Share *share, double norm, real tag) noexcept nogil:
    """Shorten the gradient to the norm that is allowed."""
    cdef Stretch at = Stretch(0, 0, 0, False)
    if norm <= course.clip_norm:
        return
    while next_stretch(course.net, share, &at):
        if real is float:
            regularizers.scale_f32(<float *>course.gradient + at.start, at.stop - at.start, course.clip_norm / norm)
        else:
            regularizers.scale_f64(<double *>course.gradient + at.start, at.stop - at.start, course.clip_norm / norm)


cdef void step(Course *course, const Share *share, real tag) noexcept nogil:
    """The optimiser's step; of one in Python the first thread takes all of it."""
    cdef Stretch at = Stretch(0, 0, 0, False)
    if course.update == NULL:
        team_meet(&course.crew)
        if share.thread == 0:
            with gil:
                course.raised = course.in_python(course.caller)
        team_meet(&course.crew)
        return
    while next_stretch(course.net, share, &at):
        if real is float:
            course.update.f32(<float *>course.theta + at.start, <float *>course.gradient + at.start,
                              <float *>course.state + at.start, course.stride, at.stop - at.start,
                              course.hyper, course.rate, course.step + 1)
        else:
            course.update.f64(<double *>course.theta + at.start, <double *>course.gradient + at.start,
                              <double *>course.state + at.start, course.stride, at.stop - at.start,
                              course.hyper, course.rate, course.step + 1)


cdef void project(Course *course, const Share *share, real tag) noexcept nogil:
    """Shorten the weights into a unit where they are too long: columns of W^l's block, some of them this share's."""
    cdef const Layer *layer = course.net.layer
    cdef double *norms = course.norms                             # of a layer of its own: no thread waits for another
    cdef Py_ssize_t rows, O, j, J
    cdef int l
    team_meet(&course.crew)
    for l in range(2, course.net.L + 1):
        norms += layer[l - 1].size
        if layer[l].frozen:
            continue
        rows, O = layer[l - 1].size, layer[l].size
        j = begin_of(O, share.thread, share.threads)
        J = begin_of(O, share.thread + 1, share.threads) - j
        if real is float:
            regularizers.project_f32(<float *>course.theta + layer[l].W + j, rows, J, O, course.max_norm,
                                     norms + j)
        else:
            regularizers.project_f64(<double *>course.theta + layer[l].W + j, rows, J, O, course.max_norm,
                                     norms + j)
    team_meet(&course.crew)


cdef void average(const Course *course, const Share *share, real tag) noexcept nogil:
    """ā = ((1-d)·Σ d^(t-k)·θ_k) / (1-d^t), k = 1 .. t: the mean so far, the newest weighing most, is corrected for its
    start as Adam's m̂ is. Step by step that is ā += (1-d)/(1-d^t)·(θ_t - ā)."""
    cdef double part = (1 - course.decay) / (1 - pow(course.decay, course.step + 1))
    cdef Stretch at = Stretch(0, 0, 0, False)
    while next_stretch(course.net, share, &at):
        if real is float:
            regularizers.approach_f32(<float *>course.average + at.start, <float *>course.theta + at.start,
                                      at.stop - at.start, part)
        else:
            regularizers.approach_f64(<double *>course.average + at.start, <double *>course.theta + at.start,
                                      at.stop - at.start, part)
