from .course cimport Course
from .passes cimport Net, Share, real

cdef void learn(Course *course, double weight, const Share *share, real tag) noexcept nogil
cdef double penalty_of(const Net *net, const double *penalties) noexcept nogil
