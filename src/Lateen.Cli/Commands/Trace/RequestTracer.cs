using System.Net;
using Lateen.Inspection.Trace;
using Lateen.Interception.Evaluation;

namespace Lateen.Cli.Commands.Trace;

/// <summary>A request to follow.</summary>
/// <param name="Protocol">What the application sends.</param>
/// <param name="Destination">Where it connects to.</param>
/// <param name="ServerName">The name in its TLS handshake.</param>
/// <param name="Http">The request; null where it is not HTTP.</param>
internal sealed record TraceStart(TracedProtocol Protocol, IPEndPoint Destination, string ServerName, TracedRequest? Http);

/// <summary>Follows a request from a pod on: kernel, sidecar, kernel, kernel, sidecar, kernel, application.</summary>
/// <remarks>It asks the rules' evaluator and the proxies' own configuration and sends nothing, so a trace changes no counter.</remarks>
internal sealed class RequestTracer(TraceCluster cluster)
{
    // A request may pass a gateway or two; more proxies than this are a circle.
    private const int MostProxies = 8;

    private readonly List<TraceSection> _sections = [];
    private int _proxies;

    /// <summary>The stretches so far.</summary>
    public IReadOnlyList<TraceSection> Sections => _sections;

    /// <summary>From an application's container; returns how the request ends.</summary>
    public async Task<string> FromApplicationAsync(TracedPod pod, string container, TraceStart start, CancellationToken cancellation)
    {
        uint user = pod.UserOf(container);
        Evaluation evaluation = pod.Kernel.Opens(start.Destination, user);
        Kernel(pod, $"container {container} (user {user}) connects to {start.Destination}", evaluation, start.Destination);
        return evaluation.Verdict.Kind switch
        {
            VerdictKind.Dropped => "The connection is dropped by a rule.",
            VerdictKind.Direct => await ArriveAsync(pod, pod.Address ?? start.Destination.Address, start, cancellation),
            _ => await ProxyAsync(pod, evaluation.Verdict.Port, pod.Address ?? IPAddress.Any, start, cancellation),
        };
    }

    /// <summary>From outside to a gateway's pod.</summary>
    public Task<string> ToGatewayAsync(TracedPod gateway, IPAddress client, TraceStart start, CancellationToken cancellation) =>
        ProxyAsync(gateway, start.Destination.Port, client, start, cancellation);

    private async Task<string> ProxyAsync(TracedPod pod, int port, IPAddress source, TraceStart start, CancellationToken cancellation)
    {
        if (!pod.HasProxy)
        {
            return $"The connection is led to port {port} of pod {pod.Key}, which has no sidecar: it is refused.";
        }

        if (++_proxies > MostProxies)
        {
            return $"The way was given up after {MostProxies} proxies: it goes in a circle.";
        }

        bool inbound = port == pod.Kernel.Options?.InboundCapturePort;
        TracedConnection connection = new(port, source, start.Destination, start.Protocol, start.ServerName);
        TracedRequest? readable = start.Protocol is TracedProtocol.Http or TracedProtocol.MutualTlsHttp ? start.Http : null;
        var (dump, clusters) = await cluster.ProxyAsync(pod.Key, cancellation);
        string role = pod.IsGateway ? "gateway" : inbound ? "sidecar, inbound," : "sidecar, outbound,";
        ProxyPath path = ProxyPath.Follow($"{role} of pod {pod.Key}", dump, clusters, connection, readable);
        _sections.Add(path.Section);
        if (path.Endpoints.Count == 0)
        {
            return $"The way ends in the {role.Split(',')[0]} of pod {pod.Key}: {path.Section.Outcome}.";
        }

        IPEndPoint endpoint = path.Endpoints[0].Address;
        TraceStart next = start with { Destination = endpoint, Http = path.Request ?? start.Http, Protocol = Protocol(start.Protocol, path, cluster.PodAt(endpoint.Address)) };
        if (inbound)
        {
            Evaluation delivery = pod.Kernel.Delivers(endpoint);
            Kernel(pod, $"the sidecar connects to {endpoint} from {(endpoint.Address.GetAddressBytes().Length == 4 ? "127.0.0.6" : "::6")}", delivery, endpoint);
            return $"The request reaches the application at {endpoint} in pod {pod.Key}.";
        }

        uint user = pod.Kernel.ProxyUser;
        Evaluation evaluation = pod.Kernel.Opens(endpoint, user);
        Kernel(pod, $"the {role.Split(',')[0]} (user {user}) connects to {endpoint}", evaluation, endpoint);
        return evaluation.Verdict.Kind == VerdictKind.Redirected
            ? await ProxyAsync(pod, evaluation.Verdict.Port, pod.Address ?? endpoint.Address, next, cancellation)
            : await ArriveAsync(pod, pod.Address ?? endpoint.Address, next, cancellation);
    }

    // A connection that has left one pod, or stays in it uncaptured.
    private async Task<string> ArriveAsync(TracedPod from, IPAddress source, TraceStart start, CancellationToken cancellation)
    {
        if (from.Kernel.IsOwn(start.Destination.Address))
        {
            return $"The request reaches the application at {start.Destination} in the same pod, past the sidecar.";
        }

        TraceStart here = start;
        if (cluster.Behind(start.Destination) is var (endpoint, service))
        {
            _sections.Add(new TraceSection($"node: {start.Destination} is an address of service {service}", [], endpoint is null
                ? "no pod stands behind this port: the connection is refused"
                : $"translated to {endpoint}, one of the service's pods"));
            if (endpoint is null)
            {
                return $"No pod stands behind {start.Destination} of service {service}.";
            }

            here = start with { Destination = endpoint };
        }

        if (cluster.PodAt(here.Destination.Address) is not { } target)
        {
            return $"The request leaves for {here.Destination}, which is no pod of this cluster.";
        }

        Evaluation evaluation = target.Kernel.Takes(source, here.Destination);
        Kernel(target, $"the connection comes in from {source} for {here.Destination}", evaluation, here.Destination);
        return evaluation.Verdict.Kind switch
        {
            VerdictKind.Dropped => "The connection is dropped by a rule.",
            VerdictKind.Direct when !target.IsGateway => $"The request reaches {here.Destination} in pod {target.Key} without passing a sidecar there.",
            VerdictKind.Direct => await ProxyAsync(target, here.Destination.Port, source, here, cancellation),
            _ => await ProxyAsync(target, evaluation.Verdict.Port, source, here, cancellation),
        };
    }

    private static TracedProtocol Protocol(TracedProtocol before, ProxyPath path, TracedPod? target)
    {
        bool encrypts = path.Tls == UpstreamTls.Always || (path.Tls == UpstreamTls.WithSidecars && target?.TakesMutualTls == true);
        TracedProtocol clear = before == TracedProtocol.MutualTlsHttp ? TracedProtocol.Http : before == TracedProtocol.MutualTlsTcp ? TracedProtocol.Tcp : before;
        return !encrypts ? clear : path.Request is null ? TracedProtocol.MutualTlsTcp : TracedProtocol.MutualTlsHttp;
    }

    private void Kernel(TracedPod pod, string what, Evaluation evaluation, IPEndPoint destination)
    {
        string outcome = evaluation.Verdict.Kind switch
        {
            VerdictKind.Dropped => "dropped",
            VerdictKind.Direct => pod.Kernel.Options is null ? "the pod has no interception rules: it goes on unchanged" : "it goes on unchanged",
            _ => $"led to port {evaluation.Verdict.Port} of the pod; its destination {destination} stays known",
        };
        _sections.Add(new TraceSection($"kernel of pod {pod.Key}: {what}", [.. evaluation.Steps.Select(Step)], outcome));
    }

    private static TraceStep Step(RuleStep step) => new(
        $"{step.Rule.Table.ToString().ToLowerInvariant()} {step.Rule.Chain}", string.Join(' ', step.Rule.Specification), step.Sentence, step.Matched);
}
