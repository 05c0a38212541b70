//! Tests of the whole build, on a small book made for them and on the real one.

mod faults;
mod fixture;
mod kept;
mod listings;
mod own;
mod pages;
mod record;
mod run;
mod serve;
mod served;
mod whole;
