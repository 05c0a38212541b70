// Figures to play with: loads what the elements on this page are made of, and nothing on
// pages that have none. Each element holds a picture that stands there without it.
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
    const wanted = Object.keys(files).filter(element => document.querySelector(element));
    for (const file of new Set(wanted.flatMap(element => [...shared, ...files[element]]))) {
        const script = document.createElement('script');
        script.src = new URL(file, here);
        script.async = false; // in this order
        document.head.append(script);
    }
}
