using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>Runs one pod, from the node's taking it to its removal from the API server.</summary>
/// <remarks>
/// Volumes, then the network, then init containers one after the other, then all others together. A stop is asked for by the
/// pod's deletion; the containers get the pod's grace period, then they are killed. Native sidecars stop after the main containers.
/// </remarks>
internal sealed class PodWorker : IDisposable
{
    private const string Component = "kubelet";

    private readonly NodeContext _node;
    private readonly DateTimeOffset _taken;
    private readonly List<ContainerRunner> _containers;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly ChangeSignal _updated = new();
    private readonly PodStatusWriter _status;
    private readonly Lock _stopping = new();
    private bool _disposed;
    private volatile JsonObject _pod;
    private volatile bool _removed;
    private IPAddress? _address;

    public PodWorker(NodeContext node, JsonObject pod)
    {
        (_node, _pod, _taken) = (node, pod, node.Time.GetUtcNow());
        _status = new PodStatusWriter(node, Situation);
        _containers =
        [
            .. pod.Items("spec", "initContainers").Select(container => new ContainerRunner(node, pod, container, isInit: true, _status.Changed)),
            .. pod.Items("spec", "containers").Select(container => new ContainerRunner(node, pod, container, isInit: false, _status.Changed)),
        ];
    }

    /// <summary>The pod as it was seen last.</summary>
    public JsonObject Pod => _pod;

    /// <summary>Its containers.</summary>
    public IReadOnlyList<ContainerRunner> Containers => _containers;

    /// <summary>Takes a newer state of the pod; a deletion stops it.</summary>
    public void Update(JsonObject pod)
    {
        _pod = pod;
        _updated.Fire();
        _status.Changed();
        if (pod.IsTerminating())
        {
            Stop(TimeSpan.FromSeconds(pod.Number("metadata", "deletionGracePeriodSeconds") ?? 30));
        }
    }

    /// <summary>The pod is gone from the API server: nothing is waited for.</summary>
    public void Remove()
    {
        _removed = true;
        Stop(TimeSpan.Zero);
    }

    /// <summary>Runs the pod until it is removed.</summary>
    /// <param name="shutdown">Ends the containers at once and leaves the pod in the API server: the node goes down.</param>
    public async Task RunAsync(CancellationToken shutdown)
    {
        using CancellationTokenRegistration ending = shutdown.Register(() => Stop(TimeSpan.Zero));
        using CancellationTokenSource writing = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
        NodeLog.PodTaken(_node.Logger, Key);
        Task status = _status.RunAsync(writing.Token);
        _status.Changed();
        try
        {
            await RunContainersAsync();
            // A pod that ended stays until it is deleted.
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The way that pods end.
        }
        catch (Exception error)
        {
            NodeLog.PodFailed(_node.Logger, error, Key);
            _node.Events.Warning(_pod, Component, "FailedCreatePodSandBox", error.Message);
            await Task.Delay(Timeout.Infinite, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _status.FlushAsync(shutdown);
        await writing.CancelAsync();
        await status;
        await CleanUpAsync(shutdown);
    }

    /// <summary>Frees what is left after <see cref="RunAsync"/> ended; late news of the pod are ignored from then on.</summary>
    public void Dispose()
    {
        lock (_stopping)
        {
            _disposed = true;
        }

        _stop.Dispose();
        _kill.Dispose();
        _status.Dispose();
    }

    private ObjectKey Key => ObjectKey.Of(_pod);

    private void Stop(TimeSpan grace)
    {
        lock (_stopping)
        {
            if (_disposed)
            {
                return;
            }

            // A repeated deletion may shorten the time, so the timer is set anew each time.
            if (grace <= TimeSpan.Zero)
            {
                _kill.Cancel();
            }
            else
            {
                _kill.CancelAfter(grace);
            }

            _stop.Cancel();
        }
    }

    private async Task RunContainersAsync()
    {
        string uid = _pod.Uid();
        NodeOptions options = _node.Options;
        string folder = options.PodFolder(uid);
        PodFields fields = new(_pod, "", options.Network.HostAddress.ToString());
        VolumeSources sources = new(_node.Client, _node.Cache, _pod.Namespace());
        PodVolumes volumes = new(Path.Combine(folder, "volumes"), fields, sources, _node.Time);
        Directory.CreateDirectory(folder);
        Task network = CreateNetworkAsync(uid);
        try
        {
            await PrepareVolumesAsync(volumes, folder);
        }
        finally
        {
            // Also a pod that is stopped meanwhile: what is half made can not be removed.
            await network;
        }

        string address = _address!.ToString();
        fields = fields with { PodAddress = address };
        await WriteFilesAsync(folder, address);
        _status.Changed();
        PodRun run = new(
            new PodSurroundings(fields, folder, options.Network.PodNamespace(uid), options.Programs, options.Home),
            new EnvironmentBuilder(fields, sources.ConfigMap, sources.Secret),
            _kill.Token);
        using CancellationTokenSource refreshing = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task refresh = RefreshVolumesAsync(volumes, folder, refreshing.Token);
        try
        {
            await RunInOrderAsync(run);
        }
        finally
        {
            await refreshing.CancelAsync();
            await refresh;
        }
    }

    private async Task RunInOrderAsync(PodRun run)
    {
        using CancellationTokenSource sidecarStop = new();
        List<Task> sidecars = [];
        try
        {
            foreach (ContainerRunner init in _containers.Where(container => container.State.IsInit))
            {
                if (init.State.IsSidecar)
                {
                    sidecars.Add(init.RunAsync(run, sidecarStop.Token));
                    await init.Started.WaitAsync(_stop.Token);
                    continue;
                }

                await init.RunAsync(run, _stop.Token);
                if (_stop.IsCancellationRequested || init.State.Ended?.ExitCode != 0)
                {
                    return;
                }
            }

            await Task.WhenAll(_containers.Where(container => !container.State.IsInit).Select(container => container.RunAsync(run, _stop.Token)));
        }
        finally
        {
            await sidecarStop.CancelAsync();
            await Task.WhenAll(sidecars);
        }
    }

    private async Task CreateNetworkAsync(string uid)
    {
        _address = _node.Addresses.Take()
            ?? throw new InvalidOperationException($"no free address in {_node.Options.Network.PodCidr}; delete pods or choose a larger --pod-cidr");
        while (true)
        {
            // What a crash or the last attempt left behind under this name would be in the way.
            await _node.Network.RemoveAsync(uid, CancellationToken.None);
            try
            {
                await _node.Network.CreateAsync(uid, _address, CancellationToken.None);
                return;
            }
            catch (CommandException error)
            {
                _node.Events.Warning(_pod, Component, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {error.Message}");
                await Task.Delay(TimeSpan.FromSeconds(1), _node.Time, _stop.Token);
            }
        }
    }

    private async Task PrepareVolumesAsync(PodVolumes volumes, string folder)
    {
        while (true)
        {
            Task change = _node.Sources.Next;
            try
            {
                await volumes.WriteAsync(_pod, _stop.Token);
                await ShareWithGroupAsync(folder);
                return;
            }
            catch (NotReadyYetException error)
            {
                _node.Events.Warning(_pod, Component, error.Reason, error.Message);
                await change.WaitAsync(_stop.Token);
            }
            catch (KubernetesApiException error)
            {
                _node.Events.Warning(_pod, Component, "FailedMount", error.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _node.Time, _stop.Token);
            }
        }
    }

    // Kubernetes API, PodSecurityContext.fsGroup: volumes belong to that group.
    private async Task ShareWithGroupAsync(string folder)
    {
        string volumes = Path.Combine(folder, "volumes");
        if (_pod.Number("spec", "securityContext", "fsGroup") is { } group && Directory.Exists(volumes))
        {
            string id = group.ToString(CultureInfo.InvariantCulture);
            await _node.Runner.RequireAsync(new Command("chgrp", "-R", id, volumes), CancellationToken.None);
            await _node.Runner.RequireAsync(new Command("chmod", "-R", "g+rX", volumes), CancellationToken.None);
        }
    }

    // What volumes show may change while the pod runs: ConfigMaps, Secrets, labels, and tokens that run out.
    private async Task RefreshVolumesAsync(PodVolumes volumes, string folder, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            Task change = Task.WhenAny(_node.Sources.Next, _updated.Next);
            TimeSpan due = volumes.RefreshAt is { } at ? at - _node.Time.GetUtcNow() : TimeSpan.FromHours(1);
            try
            {
                using CancellationTokenSource waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                Task timer = Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.FromSeconds(1), _node.Time, waiting.Token);
                await Task.WhenAny(change, timer).WaitAsync(cancellation);
                await waiting.CancelAsync();
                if (_pod.IsTerminating())
                {
                    return;
                }

                await volumes.WriteAsync(_pod, cancellation);
                await ShareWithGroupAsync(folder);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NotReadyYetException or KubernetesApiException or IOException or CommandException)
            {
                NodeLog.VolumesNotRefreshed(_node.Logger, Key, error.Message);
                await Task.Delay(TimeSpan.FromSeconds(5), _node.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WriteFilesAsync(string folder, string address)
    {
        StringBuilder hosts = new("# Made by lateen.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        hosts.Append(CultureInfo.InvariantCulture, $"{address}\t{(_pod.Text("spec", "hostname") is { Length: > 0 } hostname ? hostname : _pod.Name())}\n");
        foreach (JsonObject alias in _pod.Items("spec", "hostAliases"))
        {
            hosts.Append(CultureInfo.InvariantCulture, $"{alias.Text("ip")}\t{string.Join('\t', alias.Texts("hostnames"))}\n");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "hosts"), hosts.ToString());
        await File.WriteAllTextAsync(Path.Combine(folder, "resolv.conf"), ResolverFile.Build(_pod, _node.Options));
    }

    private PodSituation Situation() => new(
        _pod, [.. _containers.Select(container => container.State)], _address?.ToString() ?? "", _node.Options.Network.HostAddress.ToString(), _taken);

    private async Task CleanUpAsync(CancellationToken shutdown)
    {
        string uid = _pod.Uid();
        await _node.Network.RemoveAsync(uid, CancellationToken.None);
        if (_address is { } address)
        {
            _node.Addresses.Return(address);
        }

        string folder = _node.Options.PodFolder(uid);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        if (!_removed && !shutdown.IsCancellationRequested)
        {
            await DeleteAsync(uid, shutdown);
        }

        NodeLog.PodGone(_node.Logger, Key);
    }

    // The last act: with grace period 0 the API server lets go of the object.
    private async Task DeleteAsync(string uid, CancellationToken shutdown)
    {
        while (!shutdown.IsCancellationRequested)
        {
            try
            {
                await _node.Client.DeleteAsync(ResourceTypes.Pods, _pod.Namespace(), _pod.Name(), shutdown, gracePeriodSeconds: 0, uid: uid);
                return;
            }
            catch (KubernetesApiException error) when (error.IsNotFound || error.IsConflict)
            {
                return;
            }
            catch (KubernetesApiException error)
            {
                NodeLog.StatusNotWritten(_node.Logger, Key, error.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _node.Time, shutdown).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
