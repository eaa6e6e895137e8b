from .course cimport Course
from .passes cimport Share, real

cdef void learn(Course *course, double weight, const Share *share, real tag) noexcept nogil
