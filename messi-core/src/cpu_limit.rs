//! A limit on the tasks that do heavy work at the same time, so that the others get a core.
//!
//! A TLS handshake takes half a millisecond of a core in one piece. If hundreds of handshakes are ready
//! at a time, every other task that is ready waits for all of them. With a [`CpuLimit`], handshakes that must
//! wait are parked outside of the queue of the executor, and at least one core is left to other tasks.
//!
//! The limit is fair: permits are given in the order of asking. A permit that is returned is handed to
//! the first task that waits, and no other can take it in between.
//!
//! [`HeavySteps`] limits the polls of a future. For other work, hold a [`CpuPermit`] in the task, call
//! [`CpuPermit::poll_acquire`] before each heavy step, and [`CpuPermit::release`] at the beginning of the
//! next poll, after the task has woken itself and been pending: other tasks that are ready then run before
//! the next heavy step. Work that has an end may keep its place in the order from step to step
//! ([`CpuPermit::pause`]), so that work that is begun is finished before more is begun.

mod limit;
mod permit;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use self::limit::CpuLimit;
pub(crate) use self::permit::CpuPermit;
pub(crate) use self::steps::HeavySteps;
