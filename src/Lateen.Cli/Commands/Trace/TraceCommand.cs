using System.CommandLine;
using System.Net;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.Trace;

namespace Lateen.Cli.Commands.Trace;

/// <summary><c>lateen trace</c>: explains a request's whole way from a pod to its destination, without sending it.</summary>
internal static class TraceCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Argument<string> source = new("source") { Description = "POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]; a gateway stands for a client outside" };
        Argument<string> url = new("url") { Description = "http://HOST[:PORT][/PATH], https://HOST, or tcp://HOST:PORT" };
        Option<string[]> headers = new("--header", "-H") { Description = "A header of the request, 'name: value'; may be repeated" };
        Option<string> method = new("--request", "-X") { Description = "Method of the request", DefaultValueFactory = _ => "GET" };
        Option<string?> container = new("--container") { Description = "The container that sends the request; default the first one" };
        Option<string?> address = new("--address") { Description = "The address of HOST, where the cluster's DNS does not know it" };
        Option<bool> verbose = new("--verbose") { Description = "Show also the rules and routes that did not match" };
        Option<string> output = new("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        Command command = new("trace", "Explains the way of a request: rules, listener, route, cluster, endpoint, and the same at its destination")
        {
            source, url, headers, method, container, address, verbose, output,
        };
        command.SetAction(async (line, cancellation) =>
        {
            if (line.GetValue(output) is not ("text" or "json"))
            {
                throw new CommandException($"output format \"{line.GetValue(output)}\" not supported; use text or json");
            }

            TraceUrl target = TraceUrl.Parse(line.GetValue(url)!, line.GetValue(method)!, line.GetValue(headers) ?? []);
            using ClusterAccess access = cluster.Open(line);
            ObjectKey key = await access.PodAsync(line.GetValue(source)!, cancellation);
            TraceCluster view = await TraceCluster.ReadAsync(access, cancellation);
            TracedPod pod = view.Pod(key);
            RequestTracer tracer = new(view);
            string end;
            string from;
            if (pod.IsGateway)
            {
                IPEndPoint destination = new(pod.Address ?? IPAddress.Any, view.GatewayPort(pod, target.Port));
                from = $"a client outside through gateway {key}";
                end = await tracer.ToGatewayAsync(pod, IPAddress.Parse("192.0.2.1"), target.At(destination), cancellation);
            }
            else
            {
                ResolvedHost host = line.GetValue(address) is { } given
                    ? new ResolvedHost(Address(given), "given by --address")
                    : await view.ResolveAsync(target.Host, key.Namespace, cancellation);
                string sender = pod.Container(line.GetValue(container));
                from = $"container {sender} of pod {key}\n{target.Host}: {host.Address}. {host.Why}";
                end = await tracer.FromApplicationAsync(pod, sender, target.At(new IPEndPoint(host.Address, target.Port)), cancellation);
            }

            TraceReport report = new($"{target.Summary} from {from}", tracer.Sections, end);
            await Console.Out.WriteAsync(line.GetValue(output) == "json" ? report.ToJson() : report.ToText(line.GetValue(verbose)));
        });
        return command;
    }

    private static IPAddress Address(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) ? address : throw new CommandException($"--address {text}: not an address");
}
