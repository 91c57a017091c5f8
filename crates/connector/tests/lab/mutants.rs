//! Law 1: no mutant of a recorded answer ends in other values.
