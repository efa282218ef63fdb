/* One after the other: a browser, what it looks at, and what that works with keep two cores busy. */
import './steering.suite.ts';
import './looks.suite.ts';
import './hostile.suite.ts';
import './large.suite.ts';
