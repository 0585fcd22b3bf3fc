"""The style sheet of a report: plain, printable, readable on a phone."""

CSS = """
:root {color-scheme: light;}
body {margin: 0; background: #fff; color: #17252b; font: 15px/1.5 system-ui, sans-serif;}
main {max-width: 1080px; margin: 0 auto; padding: 1.2rem 1rem 3rem;}
h1 {font-size: 1.7rem; margin: .1rem 0 .4rem; overflow-wrap: anywhere;}
h2 {font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #d3dee1; padding-bottom: .2rem;}
h3 {font-size: 1rem; margin: 1rem 0 .2rem;}
small {color: #4c5a62; font-weight: 400;}
a {color: #0b5f68;}
.brand {color: #4c5a62; margin: 0;}
.purpose {border-left: 4px solid #b04a00; padding: .2rem .7rem; margin: .6rem 0;}
dl {display: grid; grid-template-columns: minmax(7rem, 13rem) 1fr; gap: .25rem 1rem; margin: .3rem 0;}
dt {color: #4c5a62;}
dd {margin: 0; min-width: 0; overflow-wrap: anywhere;}
dd ul {margin: 0; padding-left: 1.1rem;}
pre, code {white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; margin: 0;}
.wide {overflow-x: auto;}
table {border-collapse: collapse; width: 100%; font-size: .9rem;}
caption {text-align: left; color: #4c5a62; padding: .2rem 0;}
th, td {text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #e4ebed;}
th {color: #4c5a62; font-weight: 600;}
.n {white-space: nowrap;}
.name {min-width: 9rem; overflow-wrap: break-word;}
figure {margin: .5rem 0; max-width: 680px;}
svg {width: 100%; height: auto; font: 12px system-ui, sans-serif;}
svg text {fill: #4c5a62;}
svg .grid {stroke: #e4ebed;}
img {width: 150px; height: 100px; background: #fff;}
details summary {cursor: pointer; padding: .4rem 0;}
.why {border-left: 3px solid #d3dee1; padding-left: .8rem;}
@media (max-width: 640px) {dl {grid-template-columns: 1fr;} dd {margin-bottom: .4rem;}}
@media print {main {max-width: none;} section {break-inside: auto;} tr, figure {break-inside: avoid;}}
"""
