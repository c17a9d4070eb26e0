//! The priority of threads: slow reads take what time of the processors others leave.

/// How much lower, in the system's steps: against a thread of the usual priority, a tenth of a processor.
#[cfg(target_os = "linux")]
const STEPS: i32 = 10;

/// Lowers the priority of this thread. Where a thread has none of its own, it stays as it is.
pub(super) fn lower() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};

        // Of Linux a process is here one thread of it.
        let lowered = getpriority_process(None).and_then(|now| setpriority_process(None, now.saturating_add(STEPS)));
        if let Err(error) = lowered {
            tracing::debug!(%error, "the priority of a thread could not be lowered");
        }
    }
}
