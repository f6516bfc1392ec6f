extension HTML {
    /// The style sheet of ``StatusPage``: the browser's own colours, light or dark, and three of ours.
    static let statusStyle: HTML = """
        :root {
          color-scheme: light dark;
          --line: #8883; --good: #2e7d5b; --warn: #a15c00; --bad: #c62828;
          --soft: rgb(198 40 40 / 8%);
        }
        @media (prefers-color-scheme: dark) {
          :root { --good: #4caf84; --warn: #f0a840; --bad: #ff7b72; --soft: rgb(255 123 114 / 12%); }
        }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1.2rem; }
        header { align-items: baseline; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 0 1rem; padding-bottom: .6rem; }
        header p { margin: 0; }
        header .quiet { margin-left: auto; }
        h1 { font-size: 1.5rem; margin: 0; }
        h2 { font-size: 1.05rem; margin: 1.8rem 0 .5rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
        th { font-size: .85rem; font-weight: 600; opacity: .7; }
        th, td { border-bottom: 1px solid var(--line); padding: .45rem 1.2rem .45rem 0; text-align: left; vertical-align: top; white-space: nowrap; }
        th:last-child, td:last-child { padding-right: 0; }
        td:first-child { font-weight: 600; overflow-wrap: anywhere; white-space: normal; }
        .wide { width: 40%; }
        .scrolls { overflow-x: auto; }
        .quiet { font-size: .85rem; opacity: .7; }
        .note { border-left: 4px solid var(--warn); padding-left: .8rem; }
        .problems { background: var(--soft); border-left: 4px solid var(--bad); border-radius: 4px; list-style: none; margin: 0; padding: .6rem .9rem; }
        .problems li { margin: .2rem 0; overflow-wrap: anywhere; }
        .problems b { margin-right: .5rem; }
        .count { background: var(--bad); border-radius: 1rem; color: Canvas; font-size: .8rem; padding: .1rem .55rem; }
        .well { color: var(--good); margin: 0; }
        .room { align-items: center; display: inline-flex; gap: .6rem; min-width: 10.5rem; }
        .bar { background: var(--line); border-radius: 5px; display: inline-block; height: 10px; overflow: hidden; width: 18rem; }
        .bar span { background: var(--good); display: block; height: 100%; }
        .bar.full span { background: var(--bad); }
        .tier { align-items: center; display: flex; flex-wrap: wrap; gap: 0 .8rem; }
        .tier .bar { width: 7rem; }
        .tier > :first-child { min-width: 5rem; }
        .state { color: var(--good); }
        .late .state, .leaving .state { color: var(--warn); }
        .silent .state, .lost .state, .bad { color: var(--bad); font-weight: 600; }
        """
}
