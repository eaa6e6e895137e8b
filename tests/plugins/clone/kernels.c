/* kernels.c -- cbp's activations.h and costs.h, copied beside this file, in an extension of their own.
 *
 * Only what cbp.get_include() holds may be needed besides. The module has two dicts of capsules, by name.
 */
#include <Python.h>

#include "activations.h"
#include "costs.h"

#define LENGTH(table) (sizeof(table) / sizeof *(table))

static int put(PyObject *dict, const cbp_head *head) {
    PyObject *capsule = PyCapsule_New((void *)head, CBP_CAPSULE, NULL);
    int status = capsule ? PyDict_SetItemString(dict, head->name, capsule) : -1;
    Py_XDECREF(capsule);
    return status;
}

static int fill(PyObject *module) {
    PyObject *activations = PyDict_New(), *costs = PyDict_New();
    int status = activations && costs ? 0 : -1;
    for (size_t i = 0; !status && i < LENGTH(cbp_activations); i++) status = put(activations, &cbp_activations[i]->head);
    for (size_t i = 0; !status && i < LENGTH(cbp_costs); i++) status = put(costs, &cbp_costs[i]->head);
    if (!status) status = PyModule_AddObjectRef(module, "activations", activations);
    if (!status) status = PyModule_AddObjectRef(module, "costs", costs);
    Py_XDECREF(activations);
    Py_XDECREF(costs);
    return status;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)fill}, {0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "kernels", .m_slots = slots};

PyMODINIT_FUNC PyInit_kernels(void) { return PyModuleDef_Init(&definition); }
