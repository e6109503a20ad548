using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Status;

/// <summary>Tells the replica that writes status how many of this one's proxies have what: a ConfigMap per replica, written while another one leads.</summary>
/// <remarks>Once a second when something changed, else every ten as a sign of life. The ConfigMap belongs to the replica's pod and goes with it.</remarks>
internal sealed class DistributionReporter(
    KubernetesClient client, ObjectKey pod, Func<IEnumerable<long>> applied, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private readonly DistributionTracker _tracker = new();
    private Round? _newest;
    private string _written = "";
    private long _writtenAt;

    /// <summary>Takes the newest state of all resources.</summary>
    public void Take(ImmutableArray<ResourceState> resources, long version) => Volatile.Write(ref _newest, new Round(resources, version));

    /// <summary>Reports until cancelled; then says that the proxies are gone, for they go to other replicas.</summary>
    /// <param name="leads">Whether this replica writes status itself now.</param>
    public async Task RunAsync(Func<bool> leads, CancellationToken cancellation)
    {
        try
        {
            using var timer = new PeriodicTimer(Period, time);
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                if (Interlocked.Exchange(ref _newest, null) is { } round)
                {
                    _tracker.Take(round.Resources, round.Version);
                }

                if (!leads())
                {
                    await ReportAsync(_tracker.Report(new AppliedMarks(applied())), cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (_written.Length > 0)
            {
                await SayFarewellAsync();
            }
        }
    }

    private async Task SayFarewellAsync()
    {
        using var limit = new CancellationTokenSource(FarewellLimit, time);
        try
        {
            await ReportAsync(DistributionReport.Empty, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The report lapses by itself.
        }
    }

    private async Task ReportAsync(DistributionReport report, CancellationToken cancellation)
    {
        var text = report.ToText();
        if (text == _written && time.GetElapsedTime(_writtenAt) < SignOfLife)
        {
            return;
        }

        try
        {
            await WriteAsync(text, cancellation);
            (_written, _writtenAt) = (text, time.GetTimestamp());
        }
        catch (KubernetesApiException exception)
        {
            StatusLog.ReportNotWritten(logger, ReplicaReports.NameOf(pod.Name), exception.Message);
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancellation)
    {
        var key = new ObjectKey(pod.Namespace, ReplicaReports.NameOf(pod.Name));
        var data = new JsonObject { [ReplicaReports.Field] = text, ["renewed"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) };
        try
        {
            await client.PatchAsync(ResourceTypes.ConfigMaps, key, PatchKind.Merge, new JsonObject { ["data"] = data }, cancellation);
        }
        catch (KubernetesApiException exception) when (exception.IsNotFound)
        {
            var metadata = new JsonObject
            {
                ["name"] = key.Name, ["namespace"] = key.Namespace, ["labels"] = new JsonObject { [ReplicaReports.Label] = "true" },
            };
            if (await client.FindAsync(ResourceTypes.Pods, pod.Namespace, pod.Name, cancellation) is { } owner)
            {
                metadata["ownerReferences"] = new JsonArray(
                    (JsonNode)new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["name"] = pod.Name, ["uid"] = owner.Uid() });
            }

            var created = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = metadata, ["data"] = data.DeepClone() };
            await client.CreateAsync(ResourceTypes.ConfigMaps, pod.Namespace, created, cancellation);
        }
    }

    private sealed record Round(ImmutableArray<ResourceState> Resources, long Version);
}
