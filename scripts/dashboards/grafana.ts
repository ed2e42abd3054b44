/** The parts of Grafana's dashboard format that are used here, and how they are put together. */

export interface Query {
  readonly expr: string;
  /** With `{{label}}` in it; every label must be one that the series has. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly kind: "timeseries" | "stat" | "heatmap";
  /** Grafana's name of the unit, such as `s`, `bytes`, `percentunit`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Columns of 24; default 8 for a graph, 4 for a number. */
  readonly width?: number;
  readonly stacked?: boolean;
  /** From where on a number is yellow and red, or red and yellow where small is bad. */
  readonly warnAt?: readonly [number, number];
  /** The dashboard that shows more, by its uid. */
  readonly more?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly Row[];
  /** Variables of label values, by name: the query that lists them. */
  readonly variables?: Readonly<Record<string, string>>;
}

const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;
const TAG = "framequeue";
const HEIGHTS = { timeseries: 8, heatmap: 8, stat: 4 } as const;
const WIDTHS = { timeseries: 8, heatmap: 8, stat: 4 } as const;

/** A dashboard as Grafana imports it. */
export function toJson(dashboard: Dashboard): object {
  return {
    uid: dashboard.uid,
    title: `Framequeue / ${dashboard.title}`,
    description: dashboard.about,
    tags: [TAG],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "",
    graphTooltip: 1,
    links: [
      {
        type: "dashboards",
        title: "Framequeue",
        tags: [TAG],
        asDropdown: true,
        includeVars: false,
        keepTime: true,
      },
    ],
    annotations: { list: ANNOTATIONS },
    templating: { list: [DATA_SOURCE, ...Object.entries(dashboard.variables ?? {}).map(variable)] },
    panels: layOut(dashboard.rows),
  };
}

/** What happened, in all graphs: alerts, processes that began, and repairs. */
const ANNOTATIONS = [
  annotation("Alerts", "red", 'ALERTS{alertstate="firing", alertname=~"Fq.+"}', "{{alertname}}"),
  annotation(
    "Starts",
    "blue",
    "changes(process_start_time_seconds[2m]) > 0",
    "{{job}} {{instance}} started again",
  ),
  annotation(
    "Repairs",
    "orange",
    "sum by (action) (increase(fq_repairs_total[2m])) > 0",
    "repaired: {{action}}",
  ),
];

function annotation(name: string, color: string, expr: string, titleFormat: string): object {
  return {
    name,
    datasource: SOURCE,
    enable: true,
    iconColor: color,
    expr,
    step: "60s",
    titleFormat,
    useValueForTime: false,
  };
}

const DATA_SOURCE = {
  name: "datasource",
  label: "Data source",
  type: "datasource",
  query: "prometheus",
  current: {},
  hide: 0,
};

function variable([name, query]: [string, string]): object {
  return {
    name,
    type: "query",
    datasource: SOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: ["All"], value: ["$__all"] },
  };
}

/** Places panels from left to right, and rows from top to bottom. */
function layOut(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  let id = 1;
  for (const row of rows) {
    placed.push({
      id: id++,
      type: "row",
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
    });
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const w = panel.width ?? WIDTHS[panel.kind];
      const h = HEIGHTS[panel.kind];
      if (x + w > 24) {
        x = 0;
        y += height;
        height = 0;
      }
      placed.push(toPanel(panel, id++, { x, y, w, h }));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}

function toPanel(panel: Panel, id: number, gridPos: object): object {
  const { kind, warnAt } = panel;
  return {
    id,
    type: kind,
    title: panel.title,
    description: panel.about,
    datasource: SOURCE,
    gridPos,
    targets: panel.queries.map(({ expr, legend }, i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      ...(kind === "stat" ? { instant: true, range: false } : { range: true }),
      ...(kind === "heatmap" ? { format: "heatmap" } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        min: 0,
        ...(warnAt === undefined ? {} : { thresholds: thresholds(warnAt) }),
        custom:
          kind === "timeseries"
            ? {
                lineWidth: 1,
                fillOpacity: panel.stacked ? 40 : 8,
                showPoints: "never",
                ...(panel.stacked ? { stacking: { mode: "normal" } } : {}),
              }
            : {},
      },
      overrides: [],
    },
    options: OPTIONS[kind],
    ...(panel.more === undefined
      ? {}
      : { links: [{ title: "More", url: `/d/${panel.more}?\${__url_time_range}` }] }),
  };
}

function thresholds([yellow, red]: readonly [number, number]): object {
  const steps =
    yellow < red
      ? [
          { color: "green", value: null },
          { color: "yellow", value: yellow },
          { color: "red", value: red },
        ]
      : [
          { color: "red", value: null },
          { color: "yellow", value: red },
          { color: "green", value: yellow },
        ];
  return { mode: "absolute", steps };
}

const OPTIONS = {
  timeseries: {
    legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"] },
    tooltip: { mode: "multi", sort: "desc" },
  },
  stat: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "none" },
  heatmap: {
    calculate: false,
    yAxis: { unit: "s" },
    color: { mode: "scheme", scheme: "Oranges" },
    tooltip: { show: true },
  },
} as const;
