using System.Diagnostics;
using Envoy.Admin.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Local;

namespace Lateen.Proxy.Admin;

/// <summary><c>/server_info</c> and <c>/memory</c>.</summary>
internal static class ServerInfoPage
{
    public static LocalResponse Answer(AdminContext context, string state)
    {
        var uptime = Duration.FromTimeSpan(TimeSpan.FromSeconds(Math.Floor((context.Time.GetUtcNow() - context.StartedAt).TotalSeconds)));
        var node = context.Node();
        return LocalResponse.Text(
            XdsJsonWriter.Write(
                new ServerInfo
                {
                    Version = context.Version,
                    HotRestartVersion = "disabled",
                    State = state switch
                    {
                        "LIVE" => ServerInfo.Types.State.Live,
                        "DRAINING" => ServerInfo.Types.State.Draining,
                        _ => ServerInfo.Types.State.Initializing,
                    },
                    UptimeCurrentEpoch = uptime,
                    UptimeAllEpochs = uptime,
                    Node = node,
                    CommandLineOptions = new CommandLineOptions { ServiceNode = node.Id, ServiceCluster = node.Cluster, Concurrency = (uint)context.Concurrency },
                },
                isFull: true),
            contentType: "application/json");
    }

    public static LocalResponse Memory()
    {
        using var process = Process.GetCurrentProcess();
        return LocalResponse.Text(
            XdsJsonWriter.Write(
                new Memory
                {
                    Allocated = (ulong)GC.GetTotalMemory(forceFullCollection: false),
                    HeapSize = (ulong)GC.GetGCMemoryInfo().TotalCommittedBytes,
                    TotalPhysicalBytes = (ulong)process.WorkingSet64,
                },
                isFull: true),
            contentType: "application/json");
    }
}
