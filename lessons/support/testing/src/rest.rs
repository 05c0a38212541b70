//! Sees that a program hangs: whatever is still to come would need a processor.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use nix::unistd::Pid;

/// How often the processes are looked at, and for how many looks in a row they must be at rest.
const PERIOD: Duration = Duration::from_millis(100);
const LOOKS: usize = 20;

/// Returns once all processes of a group have slept for two seconds, or have ended.
///
/// A process that waits for a processor is not asleep, so this holds on a busy machine, too.
pub(crate) fn wait_until_at_rest(group: Pid) {
    let mut used = None;
    let mut looks = 0;
    while looks < LOOKS {
        let now = ticks_if_all_sleep(group);
        looks = if now.is_some() && now == used {
            looks + 1
        } else {
            0
        };
        used = now;
        sleep(PERIOD);
    }
}

/// The processor time that a group's processes have used, unless one of them is at work.
fn ticks_if_all_sleep(group: Pid) -> Option<u64> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").expect("/proc is there").flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue; // not a process, or it has just ended
        };
        // After the command in parentheses: state, parent, group; and user and system time.
        let Some((_, after)) = stat.rsplit_once(") ") else {
            continue;
        };
        let fields: Vec<&str> = after.split(' ').collect();
        if fields[2].parse() != Ok(group.as_raw()) {
            continue;
        }
        if !["S", "Z"].contains(&fields[0]) {
            return None;
        }
        let times = fields[11..=12].iter();
        ticks += times
            .filter_map(|time| time.parse::<u64>().ok())
            .sum::<u64>();
    }
    Some(ticks)
}
