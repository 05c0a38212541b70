// Reloads the page when a rebuild has changed it, and shows why a build failed. If a program is
// running or has output, the reader is asked first, since reloading discards it.
'use strict';

{
    const { news, worker } = document.currentScript.dataset;
    const source = new URL(news, location);
    const page = decodeURI(location.pathname).slice(new URL('.', source).pathname.length) || 'index.html';
    let known = null;
    let banner = null;
    let note = null;
    let stop = listen();

    function listen() {
        if (window.SharedWorker) {
            const { port } = new SharedWorker(worker, source.href);
            port.addEventListener('message', ({ data }) => hear(data));
            port.start();
            return () => port.postMessage('closed');
        }
        // Without shared workers, each tab has its own connection.
        const own = new EventSource(source);
        for (const kind of ['built', 'problem', 'measured']) {
            own.addEventListener(kind, ({ data }) => hear(JSON.parse(data)));
        }
        return () => own.close();
    }

    /** The digests of the built pages, why a build failed, or when figures were last measured. */
    function hear({ pages, problem, measured }) {
        if (measured) {
            document.dispatchEvent(new CustomEvent('measured', { detail: measured }));
        }
        if (!pages) {
            return;
        }
        known ??= pages[page];
        banner?.remove();
        if (problem) {
            banner = document.createElement('pre');
            banner.className = 'build-problem';
            banner.setAttribute('role', 'alert');
            banner.textContent = problem;
            document.body.append(banner);
        } else if (known !== pages[page]) {
            if (document.querySelector('.runner.running, .run-output:not([hidden])')) {
                ask();
            } else {
                location.reload();
            }
        }
    }

    function ask() {
        note?.remove();
        note = document.createElement('p');
        note.className = 'build-news';
        note.setAttribute('role', 'status');
        const load = document.createElement('button');
        load.type = 'button';
        load.textContent = 'Reload';
        load.addEventListener('click', () => location.reload());
        note.append('This page has changed. ', load);
        document.body.append(note);
    }

    addEventListener('pagehide', () => stop());
    addEventListener('pageshow', ({ persisted }) => {
        if (persisted) {
            stop = listen();
        }
    });
}
