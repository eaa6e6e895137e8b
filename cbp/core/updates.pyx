# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The optimisers' update rules on flat vectors. Compiled once per instruction set.

A rule reads the gradient g, changes the parameters θ in place and keeps what it remembers in `state`: one pass
over memory. Plain gradient descent inside `fit` is not here: `differentiate` adds -η·g to the parameters as it
computes g. Constants and their order are those of the classes in cbp.optimizers; λ is the weight decay.

The flags of an inline rule are constants where it is called, so that what a plain rule does not need costs it
nothing: `decay` adds λ·θ to g, `shrink` takes η·λ·θ from θ itself (decoupled).
"""

from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport pow, sqrt

ctypedef fused real:
    float
    double

cdef extern from "<math.h>" nogil:
    float sqrtf(float)


cdef inline real root(real x) noexcept nogil:
    return sqrtf(x) if real is float else sqrt(x)


cdef inline real larger(real x, real y) noexcept nogil:
    return x if x > y else y


cdef inline real sign(real x) noexcept nogil:
    return <real>(x > 0) - <real>(x < 0)


# ---- gradient descent: hyper = μ, dampening, λ --------------------------------------------------------------

cdef inline void momentum_of(real *theta, const real *gradient, real *v, Py_ssize_t n, const double *hyper,
                             double rate, double step, bint ahead, bint general) noexcept nogil:
    """v = μ·v + (1-d)·g, at first g;  θ -= η·v, or looking ahead η·(g + μ·v)."""
    cdef real mu = <real>hyper[0], eta = <real>rate, decay = <real>hyper[2], g
    cdef real keep = <real>(1 if step == 1 else 1 - hyper[1])
    cdef Py_ssize_t i
    for i in range(n):
        g = gradient[i] + decay * theta[i] if general else gradient[i]
        v[i] = mu * v[i] + (keep * g if general else g)
        theta[i] -= eta * (g + mu * v[i] if ahead else v[i])


cdef void momentum(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    momentum_of(theta, gradient, state, n, hyper, rate, step, False, False)


cdef void nesterov(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    momentum_of(theta, gradient, state, n, hyper, rate, step, True, False)


cdef void momentum_general(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                           const double *hyper, double rate, double step) noexcept nogil:
    momentum_of(theta, gradient, state, n, hyper, rate, step, False, True)


cdef void nesterov_general(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                           const double *hyper, double rate, double step) noexcept nogil:
    momentum_of(theta, gradient, state, n, hyper, rate, step, True, True)


cdef void descent(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                  const double *hyper, double rate, double step) noexcept nogil:
    """θ -= η·(g + λ·θ)."""
    cdef real eta = <real>rate, decay = <real>hyper[2]
    cdef Py_ssize_t i
    for i in range(n):
        theta[i] -= eta * (gradient[i] + decay * theta[i])


# ---- Adam and its kin: hyper = β1, β2, ε, λ, ... ------------------------------------------------------------

cdef inline void adam_of(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                         const double *hyper, double rate, double step,
                         bint decay, bint shrink, bint amsgrad) noexcept nogil:
    """m = β1·m + (1-β1)·g;  v = β2·v + (1-β2)·g²;  θ -= η·m̂ / (√v̂ + ε), m̂ and v̂ corrected for their start
    at zero (Kingma and Ba 2015); AMSGrad takes the largest v so far (Reddi, Kale and Kumar 2018)."""
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], epsilon = <real>hyper[2]
    cdef real keep1 = <real>(1 - hyper[0]), keep2 = <real>(1 - hyper[1])
    cdef real eta = <real>(rate / (1 - pow(hyper[0], step)))
    cdef real correction = <real>(1 / sqrt(1 - pow(hyper[1], step)))
    cdef real coupled = <real>hyper[3], left = <real>(1 - rate * hyper[3])
    cdef real *m = state
    cdef real *v = state + stride
    cdef real *largest = v + stride if amsgrad else v
    cdef Py_ssize_t i
    cdef real g, old
    for i in range(n):
        old = theta[i]
        g = gradient[i] + coupled * old if decay else gradient[i]
        m[i] = beta1 * m[i] + keep1 * g
        v[i] = beta2 * v[i] + keep2 * g * g
        if amsgrad:
            largest[i] = larger(largest[i], v[i])
        old = left * old if shrink else old
        theta[i] = old - eta * m[i] / (root(largest[i]) * correction + epsilon)


cdef void adam(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
               const double *hyper, double rate, double step) noexcept nogil:
    adam_of(theta, gradient, state, stride, n, hyper, rate, step, False, False, False)


cdef void hat_begin(double *hyper, double step) noexcept nogil:
    """hyper[2] = ε̂ / √(1 - β2^t), for which `adam` adds ε̂ = hyper[4] to √v before v is corrected."""
    hyper[2] = hyper[4] / sqrt(1 - pow(hyper[1], step))


cdef void adam_decayed(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                       const double *hyper, double rate, double step) noexcept nogil:
    adam_of(theta, gradient, state, stride, n, hyper, rate, step, True, False, False)


cdef void adamw(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                const double *hyper, double rate, double step) noexcept nogil:
    """θ shrinks by η·λ·θ beside Adam's step (Loshchilov and Hutter 2019)."""
    adam_of(theta, gradient, state, stride, n, hyper, rate, step, False, True, False)


cdef void amsgrad(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                  const double *hyper, double rate, double step) noexcept nogil:
    adam_of(theta, gradient, state, stride, n, hyper, rate, step, True, False, True)


cdef void amsgradw(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    adam_of(theta, gradient, state, stride, n, hyper, rate, step, False, True, True)


cdef double nadam_momentum(const double *hyper, double step) noexcept nogil:
    """μ_t = β1·(1 - 0.96^(t·ψ) / 2)."""
    return hyper[0] * (1 - 0.5 * pow(0.96, step * hyper[5]))


cdef void nadam_begin(double *hyper, double step) noexcept nogil:
    """hyper[6] = μ_1 · ... · μ_t"""
    hyper[6] *= nadam_momentum(hyper, step)


cdef void nadam(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                const double *hyper, double rate, double step) noexcept nogil:
    """Adam with Nesterov's momentum (Dozat 2016): θ -= η·((1-μ_t)·g/(1-Πμ) + μ_{t+1}·m/(1-μ_{t+1}·Πμ)) / (√v̂ + ε).

    hyper[4] says whether λ is decoupled."""
    cdef double mu = nadam_momentum(hyper, step), ahead = nadam_momentum(hyper, step + 1)
    cdef real of_g = <real>(rate * (1 - mu) / (1 - hyper[6]))
    cdef real of_m = <real>(rate * ahead / (1 - ahead * hyper[6]))
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], epsilon = <real>hyper[2]
    cdef real keep1 = <real>(1 - hyper[0]), keep2 = <real>(1 - hyper[1])
    cdef real correction = <real>(1 / sqrt(1 - pow(hyper[1], step)))
    cdef real decay = <real>(0 if hyper[4] else hyper[3]), left = <real>(1 - rate * hyper[3] if hyper[4] else 1)
    cdef real *m = state
    cdef real *v = state + stride
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        m[i] = beta1 * m[i] + keep1 * g
        v[i] = beta2 * v[i] + keep2 * g * g
        theta[i] = left * theta[i] - (of_g * g + of_m * m[i]) / (root(v[i]) * correction + epsilon)


cdef double rectification(double beta2, double step) noexcept nogil:
    """r_t, or 0 where the variance of 1/√v̂ has no bound yet (Liu et al. 2020)."""
    cdef double rest = pow(beta2, step), limit = 2 / (1 - beta2) - 1
    cdef double rho = limit - 2 * step * rest / (1 - rest)
    if rho <= 5:
        return 0
    return sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))


cdef void radam(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                const double *hyper, double rate, double step) noexcept nogil:
    """Rectified Adam: θ -= η·r_t·m̂ / (√v + ε)·√(1-β2^t), and η·m̂ as long as r_t is 0. hyper[4] as nadam's."""
    cdef double r = rectification(hyper[1], step), eta = rate / (1 - pow(hyper[0], step))
    cdef real adaptive = <real>(eta * r * sqrt(1 - pow(hyper[1], step))), plain = <real>(0 if r else eta)
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], epsilon = <real>hyper[2]
    cdef real keep1 = <real>(1 - hyper[0]), keep2 = <real>(1 - hyper[1])
    cdef real decay = <real>(0 if hyper[4] else hyper[3]), left = <real>(1 - rate * hyper[3] if hyper[4] else 1)
    cdef real *m = state
    cdef real *v = state + stride
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        m[i] = beta1 * m[i] + keep1 * g
        v[i] = beta2 * v[i] + keep2 * g * g
        theta[i] = left * theta[i] - m[i] * (plain + adaptive / (root(v[i]) + epsilon))


cdef void adamax(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                 const double *hyper, double rate, double step) noexcept nogil:
    """u = max(β2·u, |g| + ε);  θ -= η·m̂ / u (Kingma and Ba 2015, section 7.1)."""
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], epsilon = <real>hyper[2], decay = <real>hyper[3]
    cdef real keep1 = <real>(1 - hyper[0]), eta = <real>(rate / (1 - pow(hyper[0], step)))
    cdef real *m = state
    cdef real *u = state + stride
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        m[i] = beta1 * m[i] + keep1 * g
        u[i] = larger(beta2 * u[i], larger(g, -g) + epsilon)
        theta[i] -= eta * m[i] / u[i]


# ---- a rate for each parameter from its gradients so far ----------------------------------------------------

cdef inline void rmsprop_of(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                            const double *hyper, double rate, bint centered, bint heavy) noexcept nogil:
    """s = α·s + (1-α)·g²;  θ -= η·g / (√s + ε) (Tieleman and Hinton 2012); centred, s less the square of the
    mean of g (Graves 2013); heavy, with momentum. hyper = α, ε, λ, μ."""
    cdef real alpha = <real>hyper[0], epsilon = <real>hyper[1], decay = <real>hyper[2], mu = <real>hyper[3]
    cdef real keep = <real>(1 - hyper[0]), eta = <real>rate
    cdef real *s = state
    cdef real *mean = s + stride if centered else s
    cdef real *buffer = mean + stride if heavy else s
    cdef Py_ssize_t i
    cdef real g, variance
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        s[i] = alpha * s[i] + keep * g * g
        variance = s[i]
        if centered:
            mean[i] = mean[i] + keep * (g - mean[i])
            variance = larger(variance - mean[i] * mean[i], <real>0)
        g = g / (root(variance) + epsilon)
        if heavy:
            buffer[i] = mu * buffer[i] + g
            g = buffer[i]
        theta[i] -= eta * g


cdef void rmsprop(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                  const double *hyper, double rate, double step) noexcept nogil:
    rmsprop_of(theta, gradient, state, stride, n, hyper, rate, False, False)


cdef void rmsprop_heavy(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                        const double *hyper, double rate, double step) noexcept nogil:
    rmsprop_of(theta, gradient, state, stride, n, hyper, rate, False, True)


cdef void rmsprop_centered(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                           const double *hyper, double rate, double step) noexcept nogil:
    rmsprop_of(theta, gradient, state, stride, n, hyper, rate, True, False)


cdef void rmsprop_centered_heavy(real *theta, const real *gradient, real *state, Py_ssize_t stride,
                                 Py_ssize_t n, const double *hyper, double rate, double step) noexcept nogil:
    rmsprop_of(theta, gradient, state, stride, n, hyper, rate, True, True)


cdef void adagrad(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                  const double *hyper, double rate, double step) noexcept nogil:
    """s = s + g²;  θ -= η_t·g / (√s + ε), η_t = η / (1 + (t-1)·d) (Duchi, Hazan and Singer 2011).
    hyper = d, ε, λ."""
    cdef real eta = <real>(rate / (1 + (step - 1) * hyper[0])), epsilon = <real>hyper[1], decay = <real>hyper[2]
    cdef real *s = state
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        s[i] = s[i] + g * g
        theta[i] -= eta * g / (root(s[i]) + epsilon)


cdef void adadelta(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                   const double *hyper, double rate, double step) noexcept nogil:
    """s = ρ·s + (1-ρ)·g²;  Δ = √(u + ε) / √(s + ε)·g;  u = ρ·u + (1-ρ)·Δ²;  θ -= η·Δ (Zeiler 2012).
    hyper = ρ, ε, λ."""
    cdef real rho = <real>hyper[0], keep = <real>(1 - hyper[0]), epsilon = <real>hyper[1]
    cdef real decay = <real>hyper[2], eta = <real>rate
    cdef real *s = state
    cdef real *u = state + stride
    cdef Py_ssize_t i
    cdef real g
    for i in range(n):
        g = gradient[i] + decay * theta[i]
        s[i] = rho * s[i] + keep * g * g
        g = root(u[i] + epsilon) / root(s[i] + epsilon) * g
        u[i] = rho * u[i] + keep * g * g
        theta[i] -= eta * g


# ---- only the sign of the gradient --------------------------------------------------------------------------

cdef void lion(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
               const double *hyper, double rate, double step) noexcept nogil:
    """θ -= η·(sign(β1·m + (1-β1)·g) + λ·θ);  m = β2·m + (1-β2)·g (Chen et al. 2023). hyper = β1, β2, λ."""
    cdef real beta1 = <real>hyper[0], beta2 = <real>hyper[1], eta = <real>rate
    cdef real keep1 = <real>(1 - hyper[0]), keep2 = <real>(1 - hyper[1]), left = <real>(1 - rate * hyper[2])
    cdef real *m = state
    cdef Py_ssize_t i
    for i in range(n):
        theta[i] = left * theta[i] - eta * sign(beta1 * m[i] + keep1 * gradient[i])
        m[i] = beta2 * m[i] + keep2 * gradient[i]


cdef void rprop(real *theta, const real *gradient, real *state, Py_ssize_t stride, Py_ssize_t n,
                const double *hyper, double rate, double step) noexcept nogil:
    """iRprop- (Igel and Hüsken 2003): a step Δ of its own for each parameter grows while the sign of g stays,
    shrinks and is left out when it turns; θ -= sign(g)·Δ. hyper = η-, η+, Δmin, Δmax."""
    cdef real shrink = <real>hyper[0], grow = <real>hyper[1], least = <real>hyper[2], most = <real>hyper[3]
    cdef real *before = state
    cdef real *delta = state + stride
    cdef Py_ssize_t i
    cdef real g, same, factor
    for i in range(n):
        g = gradient[i]
        same = sign(g) * sign(before[i])
        factor = grow if same > 0 else (shrink if same < 0 else <real>1)
        factor = larger(delta[i] * factor, least)
        delta[i] = factor if factor < most else most
        g = <real>0 if same < 0 else g
        theta[i] -= sign(g) * delta[i]
        before[i] = g


# ---- L-BFGS, in float64 -------------------------------------------------------------------------------------

cdef enum:
    LANES = 16                   # partial sums: one would wait for each addition


cdef double inner(const double *a, const double *b, Py_ssize_t n) noexcept nogil:
    cdef double[LANES] sums
    cdef double total = 0
    cdef Py_ssize_t i, j, rows = n // LANES
    for j in range(LANES):
        sums[j] = 0
    for i in range(rows):
        for j in range(LANES):
            sums[j] += a[i * LANES + j] * b[i * LANES + j]
    for i in range(rows * LANES, n):
        sums[i - rows * LANES] += a[i] * b[i]
    for j in range(LANES):
        total += sums[j]
    return total


cdef void add_multiple(double *q, double factor, const double *a, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        q[i] += factor * a[i]


def dot(const double[::1] a, const double[::1] b):
    """a·b, whose bits depend on nothing but the two: BLAS would share long vectors between its threads."""
    return inner(&a[0], &b[0], a.shape[0])


def inverse_hessian_times(double[::1] q, const double[:, ::1] s, const double[:, ::1] y, const double[::1] sy,
                          double[::1] alpha, Py_ssize_t steps):
    """q = H·q by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4), H from the newest of `steps` steps.

    Parameters
    ----------
    q : (n,) array
        Changed in place.
    s, y : (r, n) array
        Changes of the parameters and of the gradient, those of step k in row k modulo r.
    sy : (r,) array
        s·y of each.
    alpha : (m,) array
        Scratch, one number for each step that is looked at.
    steps : int
        Steps there were.
    """
    cdef Py_ssize_t r = s.shape[0], n = q.shape[0], first = max(0, steps - alpha.shape[0]), k, i
    cdef double gamma
    for k in range(steps - 1, first - 1, -1):
        i = k % r
        alpha[k - first] = inner(&s[i, 0], &q[0], n) / sy[i]
        add_multiple(&q[0], -alpha[k - first], &y[i, 0], n)
    if steps:
        i = (steps - 1) % r
        gamma = sy[i] / inner(&y[i, 0], &y[i, 0], n)
        for k in range(n):
            q[k] *= gamma
    for k in range(first, steps):
        i = k % r
        add_multiple(&q[0], alpha[k - first] - inner(&y[i, 0], &q[0], n) / sy[i], &s[i, 0], n)


# ---- the table ----------------------------------------------------------------------------------------------

cdef enum:
    RULES = 22

cdef Update[RULES] rules
rules[0] = Update(b"descent", 0, descent[float], descent[double], NULL)
rules[1] = Update(b"momentum", 1, momentum[float], momentum[double], NULL)
rules[2] = Update(b"nesterov", 1, nesterov[float], nesterov[double], NULL)
rules[3] = Update(b"momentum_general", 1, momentum_general[float], momentum_general[double], NULL)
rules[4] = Update(b"nesterov_general", 1, nesterov_general[float], nesterov_general[double], NULL)
rules[5] = Update(b"adam", 2, adam[float], adam[double], NULL)
rules[6] = Update(b"adam_decayed", 2, adam_decayed[float], adam_decayed[double], NULL)
rules[7] = Update(b"adamw", 2, adamw[float], adamw[double], NULL)
rules[8] = Update(b"amsgrad", 3, amsgrad[float], amsgrad[double], NULL)
rules[9] = Update(b"amsgradw", 3, amsgradw[float], amsgradw[double], NULL)
rules[10] = Update(b"nadam", 2, nadam[float], nadam[double], nadam_begin)
rules[11] = Update(b"radam", 2, radam[float], radam[double], NULL)
rules[12] = Update(b"adamax", 2, adamax[float], adamax[double], NULL)
rules[13] = Update(b"rmsprop", 1, rmsprop[float], rmsprop[double], NULL)
rules[14] = Update(b"rmsprop_heavy", 2, rmsprop_heavy[float], rmsprop_heavy[double], NULL)
rules[15] = Update(b"rmsprop_centered", 2, rmsprop_centered[float], rmsprop_centered[double], NULL)
rules[16] = Update(b"rmsprop_centered_heavy", 3, rmsprop_centered_heavy[float], rmsprop_centered_heavy[double],
                   NULL)
rules[17] = Update(b"adagrad", 1, adagrad[float], adagrad[double], NULL)
rules[18] = Update(b"adadelta", 2, adadelta[float], adadelta[double], NULL)
rules[19] = Update(b"lion", 1, lion[float], lion[double], NULL)
rules[20] = Update(b"rprop", 2, rprop[float], rprop[double], NULL)
rules[21] = Update(b"adam_hat", 2, adam_decayed[float], adam_decayed[double], hat_begin)

names = tuple((<bytes>rules[i].name).decode() for i in range(RULES))


cdef const Update *found(str name) except NULL:
    for i in range(RULES):
        if rules[i].name == name.encode():
            return &rules[i]
    raise KeyError(name)


def rule(str name):
    """The compiled update called `name`, as a capsule; KeyError if there is none."""
    return PyCapsule_New(<void *>found(name), "cbp.core.update", NULL)


def slots(str name):
    """How many vectors of the parameters' length the rule `name` remembers."""
    return found(name).slots


def apply(str name, real[::1] theta, const real[::1] gradient, real[:, ::1] state, double[::1] hyper,
          double rate, double step):
    """One step of the rule `name` on a vector; see updates.pxd."""
    cdef const Update *update = found(name)
    if not theta.shape[0]:
        return
    if update.begin != NULL:
        update.begin(&hyper[0], step)
    cdef real *memory = &state[0, 0] if update.slots else NULL
    if real is float:
        update.f32(&theta[0], &gradient[0], memory, state.shape[1], theta.shape[0], &hyper[0], rate, step)
    else:
        update.f64(&theta[0], &gradient[0], memory, state.shape[1], theta.shape[0], &hyper[0], rate, step)
