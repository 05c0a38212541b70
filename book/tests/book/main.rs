//! Tests of the whole build, on a small book made for them and on the real one.

mod faults;
mod fixture;

mod listings;
mod own;
mod pages;
mod record;
mod results;
mod run;
mod serve;
mod served;
mod whole;
