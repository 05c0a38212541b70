//! The name of this process, and its place in the family.

use std::os::unix::process::parent_id;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The process that runs this code; see [`current`].
#[derive(Clone, Debug)]
pub struct Current {
    name: Arc<str>,
}

/// Returns the process that runs this code.
///
/// ```
/// use multiprocessing::process;
///
/// assert_eq!(process::current().name(), "MainProcess");
/// assert_eq!(process::current().pid(), std::process::id());
/// ```
pub fn current() -> Current {
    Current {
        name: Arc::clone(&identity().name),
    }
}

impl Current {
    /// `MainProcess` in the program's first process; in any other, the name that its parent gave
    /// it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        std::process::id()
    }

    /// The process id of the parent.
    pub fn parent_pid(&self) -> u32 {
        parent_id()
    }
}

/// A name, and the number of each ancestor among its siblings, as Python counts them: the third
/// child of the first process is `Process-3`, and the first child of that one `Process-3:1`.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) name: Arc<str>,
    numbers: Vec<u32>,
    children: u32,
}

static IDENTITY: LazyLock<Mutex<Identity>> = LazyLock::new(|| {
    Mutex::new(Identity {
        name: "MainProcess".into(),
        numbers: Vec::new(),
        children: 0,
    })
});

impl Identity {
    /// The identity of this process's next child, which is named `name`, or else after its `kind`
    /// and number.
    pub(crate) fn of_next_child(kind: &str, name: Option<&str>) -> Self {
        let mut parent = identity();
        parent.children += 1;
        let mut numbers = parent.numbers.clone();
        numbers.push(parent.children);
        let name = name.map_or_else(
            || {
                let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
                format!("{kind}-{}", numbers.join(":")).into()
            },
            Arc::from,
        );
        Self {
            name,
            numbers,
            children: 0,
        }
    }

    /// To be sent to the process it belongs to.
    pub(crate) fn parts(&self) -> (&str, &[u32]) {
        (&self.name, &self.numbers)
    }

    pub(crate) fn from_parts(name: String, numbers: Vec<u32>) -> Self {
        Self {
            name: name.into(),
            numbers,
            children: 0,
        }
    }

    /// Makes this the identity of the process. Returns the previous one.
    pub(crate) fn assume(self) -> Self {
        std::mem::replace(&mut identity(), self)
    }
}

fn identity() -> MutexGuard<'static, Identity> {
    IDENTITY.lock().unwrap_or_else(PoisonError::into_inner)
}
