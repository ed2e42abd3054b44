import type { Dashboard, Panel, Query } from "./grafana.ts";

/** Every dashboard; `main.ts` writes them where Grafana is told to look. */

type Extra = Omit<Panel, "title" | "about" | "kind" | "unit" | "queries">;

function graph(
  title: string,
  about: string,
  unit: string,
  queries: Readonly<Record<string, string>>,
  extra: Extra = {},
): Panel {
  return { title, about, kind: "timeseries", unit, queries: toQueries(queries), ...extra };
}

function number(
  title: string,
  about: string,
  unit: string,
  expr: string,
  extra: Extra = {},
): Panel {
  return { title, about, kind: "stat", unit, queries: [{ expr, legend: title }], ...extra };
}

/** Queries by their legends. */
function toQueries(queries: Readonly<Record<string, string>>): Query[] {
  return Object.entries(queries).map(([legend, expr]) => ({ legend, expr }));
}

const quantile = (q: number, metric: string, by: string, match = ""): string =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket${match}[$__rate_interval])))`;
const perSecond = (metric: string, by: string, match = ""): string =>
  `sum by (${by}) (rate(${metric}${match}[$__rate_interval]))`;
const stages = '{stage=~"$stage"}';
const processes = '{job=~"$job"}';

const overview: Dashboard = {
  uid: "fq-overview",
  title: "Overview",
  about: "Whether the site does what its users want: start here.",
  rows: [
    {
      title: "Now",
      panels: [
        number(
          "Jobs running",
          "Jobs that are worked on.",
          "short",
          'max(fq_jobs{phase="running"})',
          {
            more: "fq-jobs",
          },
        ),
        number(
          "Jobs waiting",
          "Jobs of which nothing has been decoded.",
          "short",
          'sum(max by (phase) (fq_jobs{phase=~"queued|validating|waiting"}))',
          { more: "fq-jobs" },
        ),
        number("Work left", "Seconds of one infer process.", "s", "fq:infer_work_left_seconds", {
          more: "fq-inference",
        }),
        number(
          "Longest stall",
          "How long a job that is worked on has not got on.",
          "s",
          "max(fq_longest_stall_seconds)",
          {
            warnAt: [120, 600],
            more: "fq-jobs",
          },
        ),
        number(
          "Processes up",
          "Processes that answer Prometheus.",
          "short",
          'sum(up{job=~"api|ingest|decode|enhance|infer|track|index|render"})',
          { more: "fq-pipeline" },
        ),
        number(
          "Alerts",
          "Alerts that fire.",
          "short",
          'count(ALERTS{alertstate="firing"}) or vector(0)',
          {
            warnAt: [1, 3],
          },
        ),
      ],
    },
    {
      title: "Throughput",
      panels: [
        graph(
          "Frames per second",
          "What each stage has done for good.",
          "short",
          { "{{stage}}": perSecond("fq_frames_total", "stage") },
          { more: "fq-pipeline" },
        ),
        graph(
          "Jobs ended",
          "By how they ended, per minute.",
          "short",
          { "{{state}}": "60 * sum by (state) (rate(fq_jobs_ended_total[$__rate_interval]))" },
          { stacked: true, more: "fq-jobs" },
        ),
        graph(
          "Frames left",
          "Frames of accepted jobs that a stage has still to do.",
          "short",
          { "{{stage}}": "max by (stage) (fq_frames_left)" },
          { more: "fq-pipeline" },
        ),
      ],
    },
    {
      title: "Machines",
      panels: [
        graph(
          "Processor",
          "Part of its cores that each process uses, its children included.",
          "percentunit",
          { "{{instance}}": "fq:cpu_used:ratio_5m" },
        ),
        graph(
          "Memory",
          "Part of its limit that is in use; without a limit, of the machine's.",
          "percentunit",
          { "{{instance}}": "fq_memory_used_bytes / fq_memory_limit_bytes" },
        ),
        graph("Network", "Of the container, or the machine.", "Bps", {
          "{{instance}} {{direction}}":
            "sum by (instance, direction) (rate(fq_network_bytes_total[$__rate_interval]))",
        }),
      ],
    },
    {
      title: "HTTP",
      panels: [
        graph(
          "Requests",
          "Answers per second, by status.",
          "reqps",
          { "{{status}}": perSecond("fq_http_requests_total", "status") },
          { stacked: true },
        ),
        graph("Time of an answer", "95 of 100 are faster.", "s", {
          "{{route}}": quantile(0.95, "fq_http_request_seconds", "route"),
        }),
        graph("Failed requests", "Part of the answers that are 5xx.", "percentunit", {
          failed: "fq:requests_failed:ratio_5m",
        }),
      ],
    },
  ],
};

const pipeline: Dashboard = {
  uid: "fq-pipeline",
  title: "Pipeline",
  about: "Stage by stage: queues, work, time, faults.",
  variables: { stage: "label_values(fq_frames_total, stage)" },
  rows: [
    {
      title: "Queues",
      panels: [
        graph(
          "Waiting",
          "Tasks ready for a worker.",
          "short",
          { "{{queue}}": 'max by (queue) (fq_queue_tasks{state="waiting"})' },
          { stacked: true },
        ),
        graph(
          "Active",
          "Tasks that a process holds.",
          "short",
          { "{{queue}}": 'max by (queue) (fq_queue_tasks{state="active"})' },
          { stacked: true },
        ),
        graph(
          "Delayed",
          "Tasks that are tried again later.",
          "short",
          { "{{queue}}": 'max by (queue) (fq_queue_tasks{state="delayed"})' },
          { stacked: true },
        ),
      ],
    },
    {
      title: "Work",
      panels: [
        graph("Frames per second", "Done for good.", "short", {
          "{{stage}}": perSecond("fq_frames_total", "stage", stages),
        }),
        graph("Batches per second", "Done for good.", "short", {
          "{{stage}}": perSecond("fq_batches_total", "stage"),
        }),
        graph("Frames left", "Of accepted jobs that are not paused.", "short", {
          "{{stage}}": `max by (stage) (fq_frames_left${stages})`,
        }),
        graph(
          "Busy",
          "Part of the time in which a process has something to do and need not wait for others.",
          "percentunit",
          {
            "{{stage}} {{instance}}": `sum by (stage, instance) (rate(fq_busy_seconds_total${stages}[$__rate_interval]))`,
          },
        ),
        graph("Wanted workers", "By the work that is left; see docs/scaling.md.", "short", {
          decode: "fq:decode_wanted_workers",
          enhance: "fq:enhance_wanted_workers",
          infer: "fq:infer_wanted_workers",
          render: "fq:render_wanted_workers",
        }),
        graph(
          "Credits",
          "Batches of pixels that jobs hold, and how many they may.",
          "short",
          { held: "max(fq_credits_held)", limit: "max(fq_credits_limit)" },
          { more: "fq-storage" },
        ),
      ],
    },
    {
      title: "Tasks",
      panels: [
        graph("Time of a task", "Half of them are faster.", "s", {
          "{{stage}}": quantile(0.5, "fq_task_seconds", "stage", stages),
        }),
        graph("Time of a task, p95", "95 of 100 are faster.", "s", {
          "{{stage}}": quantile(0.95, "fq_task_seconds", "stage", stages),
        }),
        {
          title: "Spread",
          about: "Tasks by the time they took.",
          kind: "heatmap",
          unit: "short",
          queries: [
            {
              expr: `sum by (le) (increase(fq_task_seconds_bucket${stages}[$__rate_interval]))`,
              legend: "{{le}}",
            },
          ],
        },
        graph(
          "Outcomes",
          "Deliveries per second, by how they ended.",
          "short",
          { "{{outcome}}": perSecond("fq_tasks_total", "outcome", stages) },
          { stacked: true },
        ),
        graph("Task errors", "Deliveries per second that ended with an error.", "short", {
          errors:
            'sum(rate(fq_tasks_total{outcome=~"retry|waits|failed"}[$__rate_interval])) or vector(0)',
        }),
        graph("Repairs", "What the reconciler had to mend, per minute.", "short", {
          repairs: "60 * sum(rate(fq_repairs_total[$__rate_interval])) or vector(0)",
        }),
        graph(
          "Unreadable records",
          "Looks per minute that found a job's record damaged, and jobs that the reconciler passed over.",
          "short",
          {
            damaged: "60 * sum(rate(fq_records_damaged_total[$__rate_interval])) or vector(0)",
            "passed over": "60 * sum(rate(fq_jobs_skipped_total[$__rate_interval])) or vector(0)",
          },
        ),
      ],
    },
    {
      title: "Processes",
      panels: [
        graph("Event loop", "99 of 100 turns were shorter.", "s", {
          "{{instance}}": "nodejs_eventloop_lag_p99_seconds",
        }),
        graph("Memory", "Resident memory of each process.", "bytes", {
          "{{instance}}": "process_resident_memory_bytes",
        }),
        graph("Processor", "Cores, children such as ffmpeg apart.", "short", {
          "{{instance}}": "sum by (instance) (rate(process_cpu_seconds_total[$__rate_interval]))",
          "{{instance}} children":
            "sum by (instance) (rate(fq_child_cpu_seconds_total[$__rate_interval]))",
        }),
      ],
    },
  ],
};

const inference: Dashboard = {
  uid: "fq-inference",
  title: "Inference",
  about: "Models, sessions, batches, GPUs, and how many workers are wanted.",
  variables: { model: "label_values(fq_session_seconds_count, model)" },
  rows: [
    {
      title: "Scaling",
      panels: [
        number("Wanted workers", "By the work that is left.", "short", "fq:infer_wanted_workers"),
        number("Busy workers", "Processes with something to do.", "short", "fq:infer_busy_workers"),
        number(
          "Workers",
          "Processes that answer.",
          "short",
          'count(up{job="infer"} == 1) or vector(0)',
        ),
        number(
          "Frames per busy second",
          "Of one process.",
          "short",
          "fq:infer_frames_per_busy_second",
        ),
        number("Work left", "Seconds of one process.", "s", "fq:infer_work_left_seconds"),
        number(
          "GPUs",
          "That the processes can see; 0 where there is no driver.",
          "short",
          "sum(fq_gpus)",
        ),
        graph(
          "Workers",
          "Wanted, there, and busy.",
          "short",
          {
            wanted: "fq:infer_wanted_workers",
            there: 'count(up{job="infer"} == 1) or vector(0)',
            busy: "fq:infer_busy_workers",
          },
          { width: 12 },
        ),
        graph(
          "Frames",
          "Left, and done per second.",
          "short",
          {
            left: "fq:infer_frames_left",
            "per second": 'sum(rate(fq_frames_total{stage="infer"}[$__rate_interval]))',
          },
          { width: 12 },
        ),
      ],
    },
    {
      title: "Sessions",
      panels: [
        graph("Runs per second", "By model and version.", "short", {
          "{{model}} {{version}}": perSecond(
            "fq_session_seconds_count",
            "model, version",
            '{model=~"$model"}',
          ),
        }),
        graph("Time of a run", "Half and 95 of 100 are faster.", "s", {
          "{{model}} p50": quantile(0.5, "fq_session_seconds", "model", '{model=~"$model"}'),
          "{{model}} p95": quantile(0.95, "fq_session_seconds", "model", '{model=~"$model"}'),
        }),
        graph(
          "Batch size",
          "Pictures of a run on average, and those that its tensor holds.",
          "short",
          {
            "{{model}} achieved":
              'sum by (model) (rate(fq_session_frames_sum{model=~"$model"}[$__rate_interval])) / sum by (model) (rate(fq_session_frames_count{model=~"$model"}[$__rate_interval]))',
            "{{model}} room":
              'sum by (model) (rate(fq_session_slots_total{model=~"$model"}[$__rate_interval])) / sum by (model) (rate(fq_session_frames_count{model=~"$model"}[$__rate_interval]))',
          },
        ),
        graph("Time per picture", "Of a run, on average.", "s", {
          "{{model}}":
            'sum by (model) (rate(fq_session_seconds_sum{model=~"$model"}[$__rate_interval])) / sum by (model) (rate(fq_session_frames_sum{model=~"$model"}[$__rate_interval]))',
        }),
        graph("Models loaded", "Since the processes began.", "short", {
          "{{model}} {{version}}": "sum by (model, version) (fq_model_load_seconds_count)",
        }),
        graph("Models in quarantine", "Versions whose runs broke a bound.", "short", {
          versions: "max(fq_models_quarantined) or vector(0)",
        }),
        graph("Time of a batch in infer", "From delivery to end.", "s", {
          p50: quantile(0.5, "fq_task_seconds", "stage", '{stage="infer"}'),
          p95: quantile(0.95, "fq_task_seconds", "stage", '{stage="infer"}'),
        }),
      ],
    },
    {
      title: "GPU (empty where there is none)",
      panels: [
        graph("GPU use", "Part of the last second in which it computed.", "percentunit", {
          "{{instance}} {{gpu}}": "fq_gpu_utilization_ratio",
        }),
        graph("GPU memory", "In use, of what there is.", "percentunit", {
          "{{instance}} {{gpu}}": "fq_gpu_memory_used_bytes / fq_gpu_memory_bytes",
        }),
        graph("GPU power", "That it draws.", "watt", {
          "{{instance}} {{gpu}}": "fq_gpu_power_watts",
        }),
      ],
    },
  ],
};

const jobs: Dashboard = {
  uid: "fq-jobs",
  title: "Jobs",
  about: "What becomes of jobs, how long they wait and take, and what they lose.",
  rows: [
    {
      title: "Objectives (docs/slo.md)",
      panels: [
        number(
          "Failed, last hour",
          "Part of the jobs that ended.",
          "percentunit",
          "fq:jobs_failed:ratio_1h or on() vector(0)",
          { warnAt: [0.01, 0.05] },
        ),
        number(
          "Lost frames",
          "Part of the frames of jobs that ended within half an hour.",
          "percentunit",
          "fq:frames_lost:ratio_30m or on() vector(0)",
          { warnAt: [0.001, 0.01] },
        ),
        number(
          "Longest stall",
          "Of a job that is worked on.",
          "s",
          "max(fq_longest_stall_seconds)",
          { warnAt: [120, 600] },
        ),
        number(
          "Oldest waiting",
          "Age of the oldest job of which nothing is decoded.",
          "s",
          'max(fq_oldest_job_seconds{phase=~"queued|validating|waiting"})',
          { warnAt: [300, 1800] },
        ),
        number(
          "Accepted",
          "Within the last hour.",
          "short",
          "sum(increase(fq_jobs_accepted_total[1h])) or vector(0)",
        ),
        number("Ended", "Within the last hour.", "short", "sum(increase(fq_jobs_ended_total[1h]))"),
      ],
    },
    {
      title: "Life",
      panels: [
        graph(
          "Jobs by phase",
          "Those that have not ended.",
          "short",
          { "{{phase}}": "max by (phase) (fq_jobs)" },
          { stacked: true },
        ),
        graph(
          "Ended",
          "Per minute, by how.",
          "short",
          { "{{state}}": "60 * sum by (state) (rate(fq_jobs_ended_total[$__rate_interval]))" },
          { stacked: true },
        ),
        graph("Oldest job", "Age of the oldest in each phase.", "s", {
          "{{phase}}": "max by (phase) (fq_oldest_job_seconds)",
        }),
        graph("Wait", "From acceptance to the first frame decoded.", "s", {
          p50: "histogram_quantile(0.5, sum by (le) (rate(fq_job_wait_seconds_bucket[$__range])))",
          p95: "histogram_quantile(0.95, sum by (le) (rate(fq_job_wait_seconds_bucket[$__range])))",
        }),
        graph("Time of a job", "From acceptance to its end.", "s", {
          "{{state}} p95":
            "histogram_quantile(0.95, sum by (le, state) (rate(fq_job_seconds_bucket[$__range])))",
        }),
        {
          title: "Spread",
          about: "Jobs by the time they took.",
          kind: "heatmap",
          unit: "short",
          queries: [
            {
              expr: "sum by (le) (increase(fq_job_seconds_bucket[$__rate_interval]))",
              legend: "{{le}}",
            },
          ],
        },
      ],
    },
    {
      title: "Losses",
      panels: [
        graph(
          "Frames lost",
          "Without a result, in jobs that ended, per minute.",
          "short",
          { "{{reason}}": "60 * sum by (reason) (rate(fq_frames_lost_total[$__rate_interval]))" },
          { stacked: true },
        ),
        graph("Gaps", "In jobs that ended, since the processes began.", "short", {
          "{{reason}}": "sum by (reason) (fq_gaps_total)",
        }),
        graph("Problems", "Jobs that failed, since the processes began.", "short", {
          failed: 'sum(fq_jobs_ended_total{state="failed"})',
        }),
      ],
    },
  ],
};

const storage: Dashboard = {
  uid: "fq-storage",
  title: "Redis and storage",
  about: "The queues' Redis, pixels, objects and disks.",
  variables: { job: "label_values(fq_store_seconds_count, job)" },
  rows: [
    {
      title: "Redis",
      panels: [
        number("Readable", "Whether Redis answers ingest.", "short", "max(fq_site_readable)", {
          warnAt: [1, 0.5],
        }),
        number(
          "Keeps its file",
          "Whether every write is appended to a file.",
          "short",
          "max(fq_redis_persists)",
          { warnAt: [1, 0.5] },
        ),
        number("Keys", "In the queues' Redis.", "short", "max(fq_redis_keys)"),
        number("Connections", "To the queues' Redis.", "short", "max(fq_redis_clients)"),
        number(
          "Evicted",
          "Keys thrown away; must stay 0.",
          "short",
          "max(fq_redis_evicted_keys_total)",
          { warnAt: [1, 2] },
        ),
        number(
          "Memory",
          "Part of the limit.",
          "percentunit",
          "max(fq_redis_memory_used_bytes / fq_redis_memory_limit_bytes)",
          { warnAt: [0.6, 0.8] },
        ),
        graph("Memory", "Of the queues' Redis, and of those that hold pixels.", "bytes", {
          "{{role}} {{server}}": "max by (role, server) (fq_redis_memory_used_bytes)",
        }),
        graph("Commands per second", "Of the queues' Redis.", "ops", {
          commands: "max(rate(fq_redis_commands_total[$__rate_interval]))",
        }),
        graph("Processor", "Cores that the queues' Redis uses; it can use one.", "short", {
          cores: "max(rate(fq_redis_cpu_seconds_total[$__rate_interval]))",
        }),
      ],
    },
    {
      title: "Pixels",
      panels: [
        graph("Frame store", "Bytes that are reserved, and the budget.", "bytes", {
          reserved: "max(fq_frame_store_granted_bytes)",
          budget: "max(fq_frame_store_budget_bytes)",
        }),
        graph("Credits", "Batches that jobs hold.", "short", {
          held: "max(fq_credits_held)",
          limit: "max(fq_credits_limit)",
        }),
        graph("Traffic", "Pixels put and got.", "Bps", {
          "{{operation}}":
            'sum by (operation) (rate(fq_store_bytes_total{store="frames"}[$__rate_interval]))',
        }),
      ],
    },
    {
      title: "Calls",
      panels: [
        graph("Time of a call, p95", "95 of 100 are faster.", "s", {
          "{{store}} {{operation}}": quantile(
            0.95,
            "fq_store_seconds",
            "store, operation",
            processes,
          ),
        }),
        graph("Calls per second", "By store and what was asked.", "ops", {
          "{{store}} {{operation}}": perSecond(
            "fq_store_seconds_count",
            "store, operation",
            processes,
          ),
        }),
        graph("Refused", "Calls per second that a store did not serve.", "ops", {
          "{{store}}": perSecond("fq_store_errors_total", "store"),
        }),
        graph("Objects", "Content put and got.", "Bps", {
          "{{operation}}":
            'sum by (operation) (rate(fq_store_bytes_total{store="objects"}[$__rate_interval]))',
        }),
        graph("Free space", "Part of the file system that is free.", "percentunit", {
          "{{content}}": "min by (content) (fq_disk_free_bytes / fq_disk_bytes)",
        }),
        graph("Queue faults", "Of the connections to Redis, per minute.", "short", {
          faults: "60 * sum(rate(fq_queue_errors_total[$__rate_interval])) or vector(0)",
        }),
      ],
    },
  ],
};

export const DASHBOARDS: readonly Dashboard[] = [overview, pipeline, inference, jobs, storage];
