//! What strangers send, as one function of bytes each: none of them may end the process, hang it or
//! panic. `main.rs` makes the inputs by a seed.

mod targets;

pub use targets::Target;
