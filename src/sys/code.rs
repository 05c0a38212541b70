//! Which code is loaded, so that the address of a function means the same in two processes.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::slice;
use std::sync::OnceLock;

use nix::libc;

/// The code that was loaded at one moment, which a child forked then has.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// The executable parts of the program, then of its libraries.
    parts: Vec<Range<usize>>,
    /// How many parts are the program's own, which is never unloaded.
    of_program: usize,
    /// Where the program was loaded. The kernel chooses another place each time.
    base: usize,
    /// How often a library has been unloaded.
    unloaded: u64,
}

impl Code {
    pub(crate) fn loaded() -> Self {
        let mut code = Self::default();
        // SAFETY: `add` has the type that is asked for, and the last argument is what it expects.
        unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut code).cast()) };
        code
    }

    /// The program alone, which is what a child that was not forked has.
    pub(crate) fn of_program() -> Self {
        let mut code = Self::loaded();
        code.parts.truncate(code.of_program);
        code
    }

    /// The address that functions' addresses are relative to when they are sent.
    pub(crate) fn base() -> usize {
        Self::program().base
    }

    fn program() -> &'static Self {
        static PROGRAM: OnceLock<Code> = OnceLock::new();
        PROGRAM.get_or_init(Self::loaded)
    }

    /// The distance of a function from where the program was loaded, which is the same in every
    /// process that executes this program. Returns `None` if the function is not the program's own.
    pub(crate) fn offset(address: usize) -> Option<usize> {
        let program = Self::program();
        program
            .is_in_program(address)
            .then(|| address.wrapping_sub(program.base))
    }

    /// The reverse of [`offset`](Self::offset). Returns `None` if the program has no code there.
    pub(crate) fn address(offset: usize) -> Option<usize> {
        let program = Self::program();
        let address = program.base.wrapping_add(offset);
        program.is_in_program(address).then_some(address)
    }

    fn is_in_program(&self, address: usize) -> bool {
        let program = &self.parts[..self.of_program];
        program.iter().any(|part| part.contains(&address))
    }

    /// Whether a function at this address was already loaded, and is still the same.
    pub(crate) fn has(&self, address: usize) -> bool {
        let libraries = &self.parts[self.of_program..];
        self.is_in_program(address)
            // If one was unloaded, another may be in its place.
            || libraries.iter().any(|part| part.contains(&address))
                && Self::loaded().unloaded == self.unloaded
    }
}

unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _: usize, code: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description, and `loaded` the rest.
    let (Some(info), Some(code)) = (unsafe { info.as_ref() }, unsafe {
        code.cast::<Code>().as_mut()
    }) else {
        return 0;
    };
    let is_program = code.parts.is_empty(); // it comes first
    // SAFETY: the description says how many headers there are.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let parts = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0)
        .map(|header| {
            let start = info.dlpi_addr.wrapping_add(header.p_vaddr) as usize;
            start..start + header.p_memsz as usize
        });
    code.parts.extend(parts);
    if is_program {
        code.base = info.dlpi_addr as usize;
        code.of_program = code.parts.len();
    }
    code.unloaded = info.dlpi_subs;
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Part of every glibc, and not needed by Rust programs.
    const LIBRARY: &std::ffi::CStr = c"libthread_db.so.1";

    #[test]
    fn what_was_loaded_later_or_unloaded_since_is_not_there() {
        let own = what_was_loaded_later_or_unloaded_since_is_not_there as *const () as usize;
        let before = Code::loaded();
        assert!(before.has(own));
        assert!(before.has(libc::getpid as *const () as usize));
        let offset = Code::offset(own).expect("it is the program's");
        assert_eq!(Code::address(offset), Some(own));
        assert_eq!(Code::offset(libc::getpid as *const () as usize), None);
        assert_eq!(Code::address(usize::MAX / 2), None);
        // SAFETY: the library may be loaded and unloaded by anyone.
        let library = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_LAZY) };
        assert!(!library.is_null());
        // SAFETY: the library is loaded.
        let function = unsafe { libc::dlsym(library, c"td_init".as_ptr()) } as usize;
        assert_ne!(function, 0);
        assert!(!before.has(function));
        let after = Code::loaded();
        assert!(after.has(function));
        // SAFETY: nothing of the library is used after this.
        assert_eq!(unsafe { libc::dlclose(library) }, 0);
        assert!(!after.has(function));
        assert!(after.has(own));
    }
}
