using System.Net;
using Lateen.Proxy.Local;

namespace Lateen.Agent.Status;

/// <summary>The status server on 15020: readiness, merged metrics, the application's probes, the end.</summary>
internal sealed class StatusPages(Readiness readiness, MergedMetrics metrics, AppProbes probes, Action quit) : ILocalHandler
{
    public async ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted)
    {
        switch (request.Path)
        {
            case "/healthz/ready":
                return readiness.Problem() is { } problem ? LocalResponse.Text(problem, 503) : LocalResponse.Empty(200);
            case "/stats/prometheus" or "/metrics":
                return await metrics.ScrapeAsync(request, aborted);
            case "/quitquitquit":
                return Quit(request);
            case var path when path.StartsWith("/app-health/", StringComparison.Ordinal):
                return await probes.ProbeAsync(request, aborted);
            default:
                return LocalResponse.Text("404 page not found\n", 404);
        }
    }

    private LocalResponse Quit(LocalRequest request)
    {
        if (!IPAddress.IsLoopback(request.Remote.Address))
        {
            return LocalResponse.Text("Only requests from localhost are allowed\n", 403);
        }
        if (request.Method != "POST")
        {
            return LocalResponse.Text("Method Not Allowed\n", 405);
        }
        quit();
        return LocalResponse.Text("OK");
    }
}
