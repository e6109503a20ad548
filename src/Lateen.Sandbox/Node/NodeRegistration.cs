using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Node;

/// <summary>Makes the node known to the API server, and ready.</summary>
internal sealed class NodeRegistration(KubernetesClient client, NodeOptions options, TimeProvider time, ILogger logger)
{
    private const int MaximumPods = 110;

    /// <summary>Registers the node, trying again until the API server takes it.</summary>
    public async Task RegisterAsync(int streamingPort, CancellationToken cancellation)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                await WriteAsync(streamingPort, cancellation);
                return;
            }
            catch (KubernetesApiException error)
            {
                NodeLog.NotRegistered(logger, error.Message);
                await Task.Delay(pause, time, cancellation);
                pause = pause * 2 < TimeSpan.FromSeconds(2) ? pause * 2 : TimeSpan.FromSeconds(2);
            }
        }
    }

    private async Task WriteAsync(int streamingPort, CancellationToken cancellation)
    {
        JsonObject node = Build(streamingPort);
        try
        {
            await client.CreateAsync(ResourceTypes.Nodes, null, node, cancellation);
        }
        catch (KubernetesApiException error) when (error.IsAlreadyExists)
        {
            // It stands from an earlier start; its status is of now.
        }

        JsonObject patch = new() { ["status"] = node["status"]!.DeepClone() };
        await client.PatchAsync(ResourceTypes.Nodes, new ObjectKey("", options.Name), PatchKind.Merge, patch, cancellation, "status");
    }

    private JsonObject Build(int streamingPort)
    {
        string now = Timestamps.Seconds(time.GetUtcNow());
        string memory = (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024).ToString(CultureInfo.InvariantCulture) + "Ki";
        JsonObject capacity = new()
        {
            ["cpu"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = memory,
            ["pods"] = MaximumPods.ToString(CultureInfo.InvariantCulture),
        };
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject
            {
                ["name"] = options.Name,
                ["labels"] = new JsonObject
                {
                    ["kubernetes.io/arch"] = "amd64",
                    ["kubernetes.io/os"] = "linux",
                    ["kubernetes.io/hostname"] = options.Name,
                    ["node-role.kubernetes.io/control-plane"] = "",
                },
            },
            ["spec"] = new JsonObject { ["podCIDR"] = options.Network.PodCidr.ToString() },
            ["status"] = new JsonObject
            {
                ["capacity"] = capacity,
                ["allocatable"] = capacity.DeepClone(),
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = options.Network.HostAddress.ToString() },
                    // Node ports are served where the service rules are: in the node's namespace, not on the host.
                    new JsonObject { ["type"] = "ExternalIP", ["address"] = options.Network.NodeAddress.ToString() },
                    new JsonObject { ["type"] = "Hostname", ["address"] = options.Name }),
                ["conditions"] = new JsonArray(
                    Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available", now),
                    Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", now),
                    Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available", now),
                    Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", now)),
                ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = streamingPort } },
                ["nodeInfo"] = new JsonObject
                {
                    ["architecture"] = "amd64",
                    ["bootID"] = Guid.Empty.ToString(),
                    ["containerRuntimeVersion"] = "lateen://1.19.3",
                    ["kernelVersion"] = Environment.OSVersion.Version.ToString(),
                    ["kubeProxyVersion"] = "v1.28.3",
                    ["kubeletVersion"] = "v1.28.3",
                    ["machineID"] = "",
                    ["operatingSystem"] = "linux",
                    ["osImage"] = "Lateen sandbox",
                    ["systemUUID"] = "",
                },
            },
        };
    }

    private static JsonObject Condition(string type, string status, string reason, string message, string now) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["lastHeartbeatTime"] = now,
        ["lastTransitionTime"] = now,
        ["reason"] = reason,
        ["message"] = message,
    };
}
