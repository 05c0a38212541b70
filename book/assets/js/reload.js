// Loads the page again when the book was built again, and shows why a build failed.
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
            location.reload();
        }
    });

    news.addEventListener('problem', event => {
        banner ??= document.createElement('pre');
        banner.className = 'build-problem';
        banner.setAttribute('role', 'alert');
        banner.textContent = event.data;
        document.body.append(banner);
    });

    // A connection left open would keep the next page waiting for one.
    addEventListener('pagehide', () => news.close());
}
