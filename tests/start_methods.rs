//! Tests of start methods. They run under the usual harness, whose threads are what a fork is refused
//! for.

mod start_methods {
    mod circumstances;
    mod endings;
    mod family;
    mod handles;
    mod matrix;
    mod pools;
    mod refusals;
    mod values;

    use multiprocessing::StartMethod;
    use multiprocessing::process::Builder;

    /// Those that work beside threads.
    const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Spawn];

    fn by(method: StartMethod) -> Builder {
        Builder::new().start_method(method)
    }
}
