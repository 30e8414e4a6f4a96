/** The Grafana dashboard, as far as it can be tried without Grafana. */

const file = new URL("../../deploy/grafana/sightline.json", import.meta.url);

/** A question that a panel asks Prometheus. */
export interface PanelQuery {
  readonly panel: string;
  readonly expr: string;
}

/** Every question of the dashboard, its variables filled in so that they choose everything. */
export async function dashboardQueries(rateInterval: string): Promise<PanelQuery[]> {
  const { panels }: { panels: { title?: string; targets?: { expr: string }[] }[] } = JSON.parse(
    await Deno.readTextFile(file),
  );
  return panels.flatMap(({ title = "", targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: expr.replaceAll("$__rate_interval", rateInterval).replaceAll(/\$\w+/g, ".*"),
    }))
  );
}
