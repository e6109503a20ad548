using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.AccessLog;

/// <summary>%FILTER_STATE(key:PLAIN)% for the peers that metadata exchange finds; other keys have no value here.</summary>
internal static class FilterStateOperator
{
    public static LogOperator Parse(string argument, int maximum)
    {
        string key = argument.Split(':')[0];
        Func<StreamInfo, Workload?> peer = key switch
        {
            "wasm.downstream_peer" or "downstream_peer" => static i => i.DownstreamPeer,
            "wasm.upstream_peer" or "upstream_peer" => static i => i.UpstreamPeer ?? i.Host?.Peer,
            _ => static _ => null,
        };
        return new LogOperator(
            (ref LogWriter writer, StreamInfo info, Workers.ProxyWorker _) =>
            {
                if (peer(info) is not { } workload)
                {
                    return;
                }
                writer.Put(workload.Name);
                writer.Put((byte)'.');
                writer.Put(workload.Namespace);
            },
            false,
            maximum);
    }
}
