using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>Keeps a pod's status at the API server up to date: one write at a time, always of the latest state.</summary>
/// <param name="situation">The pod's state at the moment of the call.</param>
internal sealed class PodStatusWriter(NodeContext node, Func<PodSituation> situation) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly Channel<bool> _dirty = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _one = new(1);
    private JsonObject? _written;

    /// <summary>The state changed, or may have.</summary>
    public void Changed() => _dirty.Writer.TryWrite(true);

    /// <summary>Writes changes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (bool _ in _dirty.Reader.ReadAllAsync(cancellation))
            {
                if (!await TryWriteAsync(cancellation))
                {
                    await Task.Delay(Retry, node.Time, cancellation);
                    Changed();
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The pod is gone, or the node goes down.
        }
    }

    /// <summary>Writes the present state once, if it differs.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        if (!cancellation.IsCancellationRequested)
        {
            await TryWriteAsync(cancellation);
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            PodSituation now = situation();
            // Our own last write may not have come back yet: what is newer of the two tells when conditions changed last.
            JsonObject pod = _written is not null && Version(_written) > Version(now.Pod) ? WithStatusOf(now.Pod, _written) : now.Pod;
            JsonObject status = PodStatusBuilder.Build(now with { Pod = pod }, node.Time.GetUtcNow());
            if (_written is not null && Contains(pod["status"], status))
            {
                return true;
            }

            _written = await node.Client.PatchAsync(
                ResourceTypes.Pods, ObjectKey.Of(pod), PatchKind.Merge, new JsonObject { ["status"] = status }, cancellation, "status");
            return true;
        }
        catch (KubernetesApiException error)
        {
            ObjectKey key = ObjectKey.Of(situation().Pod);
            NodeLog.StatusNotWritten(node.Logger, key, error.Message);
            return error.IsNotFound;
        }
        finally
        {
            _one.Release();
        }
    }

    private static JsonObject WithStatusOf(JsonObject pod, JsonObject newer)
    {
        JsonObject merged = (JsonObject)pod.DeepClone();
        merged["status"] = newer["status"]?.DeepClone();
        return merged;
    }

    private static bool Contains(JsonNode? standing, JsonObject status) => status.All(field =>
        JsonNode.DeepEquals((standing as JsonObject)?[field.Key], field.Value));

    private static ulong Version(JsonObject value) => ulong.TryParse(value.ResourceVersion(), out ulong version) ? version : 0;
}
