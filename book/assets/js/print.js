// The page for printing opens the print dialog at once.
'use strict';

addEventListener('load', () => setTimeout(() => print(), 100));
