// Figures to play with: loads an element's script when the reader comes near it. Each element
// contains a picture that is shown without the script.
'use strict';

{
    const shared = ['{{ resource "assets/js/figures/chance.js" }}', '{{ resource "assets/js/figures/parts.js" }}'];
    const files = {
        'play-pool': ['{{ resource "assets/js/figures/pool-rules.js" }}', '{{ resource "assets/js/figures/pool-picture.js" }}', '{{ resource "assets/js/figures/pool.js" }}'],
        'play-amdahl': ['{{ resource "assets/js/figures/amdahl-rules.js" }}', '{{ resource "assets/js/figures/amdahl.js" }}'],
        'play-memory': ['{{ resource "assets/js/figures/memory-rules.js" }}', '{{ resource "assets/js/figures/memory.js" }}'],
        'play-counter': ['{{ resource "assets/js/figures/counter-rules.js" }}', '{{ resource "assets/js/figures/counter.js" }}'],
        'play-lines': ['{{ resource "assets/js/figures/lines-rules.js" }}', '{{ resource "assets/js/figures/lines.js" }}'],
    };
    const here = document.currentScript.src;
    const loaded = new Set();
    const load = element => {
        for (const file of [...shared, ...files[element]].filter(file => !loaded.has(file))) {
            loaded.add(file);
            const script = document.createElement('script');
            script.src = new URL(file, here);
            script.async = false; // in this order
            document.head.append(script);
        }
    };
    // When the reader is a screen away, so that the page itself loads sooner.
    const near = new IntersectionObserver(entries => {
        for (const { target } of entries.filter(entry => entry.isIntersecting)) {
            near.unobserve(target);
            load(target.localName);
        }
    }, { rootMargin: '100%' });
    for (const figure of document.querySelectorAll(Object.keys(files).join())) {
        near.observe(figure);
    }
}
