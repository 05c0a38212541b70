//! What wakes the parent: a pair of sockets in a real pool.

use loom::sync::{Condvar, Mutex};

#[derive(Default)]
pub(super) struct Bell {
    has_rung: Mutex<bool>,
    rings: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        *self
            .has_rung
            .lock()
            .expect("no model goes on after a panic") = true;
        self.rings.notify_one();
    }

    pub(super) fn wait(&self) {
        let mut has_rung = self.has_rung.lock().expect("as above");
        while !*has_rung {
            has_rung = self.rings.wait(has_rung).expect("as above");
        }
        *has_rung = false;
    }
}
