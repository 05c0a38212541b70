// Loads the page again when the book was built again, and shows why a build failed. Where a
// program has been run, the reader is asked: its output would be gone.
'use strict';

{
    const news = new EventSource(document.currentScript.dataset.news);
    let built = null;
    let banner = null;

    news.addEventListener('built', event => {
        built ??= event.data;
        banner?.remove();
        if (built !== event.data) {
            news.close();
            if (document.querySelector('.run-output:not([hidden])')) {
                ask();
            } else {
                location.reload();
            }
        }
    });

    news.addEventListener('problem', event => {
        banner ??= document.createElement('pre');
        banner.className = 'build-problem';
        banner.setAttribute('role', 'alert');
        banner.textContent = event.data;
        document.body.append(banner);
    });

    function ask() {
        const note = document.createElement('p');
        note.className = 'build-news';
        note.setAttribute('role', 'status');
        const load = document.createElement('button');
        load.type = 'button';
        load.textContent = 'Show it';
        load.addEventListener('click', () => location.reload());
        note.append('This page has changed. ', load);
        document.body.append(note);
    }

    // A connection left open would keep the next page waiting for one.
    addEventListener('pagehide', () => news.close());
}
