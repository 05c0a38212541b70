// The page for printing asks for the printer at once.
'use strict';

addEventListener('load', () => setTimeout(() => print(), 100));
