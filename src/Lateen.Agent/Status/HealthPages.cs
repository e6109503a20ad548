using Lateen.Proxy.Local;

namespace Lateen.Agent.Status;

/// <summary>The health listener on 15021: readiness and nothing else.</summary>
internal sealed class HealthPages(Readiness readiness) : ILocalHandler
{
    public ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted) => new(
        request.Path != "/healthz/ready" ? LocalResponse.Empty(404)
        : readiness.Problem() is { } problem ? LocalResponse.Text(problem, 503)
        : LocalResponse.Empty(200));
}
