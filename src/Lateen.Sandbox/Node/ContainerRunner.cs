using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>How and until when a pod's containers run.</summary>
/// <param name="Surroundings">What they share.</param>
/// <param name="Environment">Builds their variables.</param>
/// <param name="Kill">Cancelled when the time to stop by themselves is over.</param>
internal sealed record PodRun(PodSurroundings Surroundings, EnvironmentBuilder Environment, CancellationToken Kill);

/// <summary>Runs one container: starts it, probes it, starts it again when it ends and its pod wants that, and stops it.</summary>
/// <remarks>The first restart comes at once; then the pauses are 10 s, 20 s, ... up to 5 minutes, and 10 minutes of running make good for all before.</remarks>
internal sealed class ContainerRunner
{
    private const string Component = "kubelet";
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(10);

    private readonly NodeContext _node;
    private readonly JsonObject _container;
    private readonly string _restartPolicy;
    private readonly Action _changed;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ContainerState _state;
    private volatile ContainerProcess? _process;
    private volatile ContainerLog? _log;
    private volatile ContainerLog? _previousLog;

    /// <param name="changed">Told of every change of <see cref="State"/>.</param>
    public ContainerRunner(NodeContext node, JsonObject pod, JsonObject container, bool isInit, Action changed)
    {
        (_node, _container, _changed) = (node, container, changed);
        bool sidecar = isInit && container.Text("restartPolicy") == "Always";
        string policy = pod.Text("spec", "restartPolicy") is { Length: > 0 } given ? given : "Always";
        _restartPolicy = sidecar ? "Always" : isInit && policy == "Always" ? "OnFailure" : policy;
        bool waits = !isInit && pod.Items("spec", "initContainers").Any();
        _state = new ContainerState(container.Text("name"), container.Text("image"), isInit, sidecar)
        {
            Reason = waits || isInit ? "PodInitializing" : "ContainerCreating",
        };
    }

    public ContainerState State => _state;

    /// <summary>The running process; null when there is none.</summary>
    public ContainerProcess? Process => _process;

    /// <summary>The log of the present or last run; null before the first.</summary>
    public ContainerLog? Log => _log;

    /// <summary>The log of the run before that; null when there was none.</summary>
    public ContainerLog? PreviousLog => _previousLog;

    /// <summary>Completes when the container started for the first time, startup probe included.</summary>
    public Task Started => _started.Task;

    /// <summary>Runs the container until it ended for good, or was stopped.</summary>
    /// <param name="stop">Asks it to stop.</param>
    public async Task RunAsync(PodRun run, CancellationToken stop)
    {
        int failures = 0;
        for (int attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            using ContainerProcess? process = await StartAsync(run, attempt, stop);
            if (process is null)
            {
                return;
            }

            _process = process;
            long start = _node.Time.GetTimestamp();
            await WatchOverAsync(run, process, stop);
            int code = await process.Exited;
            _process = null;
            Ended(code);
            if (stop.IsCancellationRequested || _restartPolicy == "Never" || (_restartPolicy == "OnFailure" && code == 0))
            {
                return;
            }

            failures = _node.Time.GetElapsedTime(start) > Healthy ? 0 : failures;
            await PauseAsync(run, failures++, stop);
        }
    }

    /// <summary>Runs a command in the container, with its identity and variables.</summary>
    /// <exception cref="CommandException">The container does not run.</exception>
    public async Task<(int ExitCode, string Output)> ExecuteAsync(IReadOnlyList<string> command, CancellationToken cancellation)
    {
        if (_process is not { Pid: { } pid } process)
        {
            throw new CommandException($"container {_state.Name} is not running");
        }

        CommandResult result = await _node.Runner.RunAsync(ContainerExec.CommandFor(pid, process.Plan, command), cancellation);
        return (result.ExitCode, result.Output + result.Error);
    }

    private async Task<ContainerProcess?> StartAsync(PodRun run, int attempt, CancellationToken stop)
    {
        JsonObject pod = run.Surroundings.Fields.Pod;
        if (ImageCatalogue.Find(_state.Image) is not { } program)
        {
            string message = $"no program of this machine stands for image \"{_state.Image}\"; see docs/compatibility.md for those that have one";
            Tell(pod, warning: true, "Failed", $"Failed to pull image \"{_state.Image}\": {message}");
            Tell(pod, warning: true, "Failed", "Error: ErrImagePull");
            Set(_state with { Phase = ContainerPhase.Waiting, Reason = "ErrImagePull", Message = message });
            await WaitAsync(Task.Delay(Timeout.Infinite, stop), stop);
            return null;
        }

        while (!stop.IsCancellationRequested)
        {
            Task change = _node.Sources.Next;
            try
            {
                ContainerPlan plan = ContainerPlanner.Plan(
                    run.Surroundings, _container, program, run.Environment,
                    ServiceVariables.Of(pod, _node.Cache.Of(ResourceTypes.Services)), attempt);
                Tell(pod, warning: false, "Pulled", $"Container image \"{_state.Image}\" already present on machine");
                return await LaunchAsync(run, plan, attempt);
            }
            catch (NotReadyYetException error)
            {
                Tell(pod, warning: true, "Failed", $"Error: {error.Message}");
                Set(_state with { Phase = ContainerPhase.Waiting, Reason = error.Reason, Message = error.Message });
                await WaitAsync(change, stop);
            }
        }

        return null;
    }

    private async Task<ContainerProcess> LaunchAsync(PodRun run, ContainerPlan plan, int attempt)
    {
        JsonObject pod = run.Surroundings.Fields.Pod;
        ContainerProcess process = await ContainerProcess.StartAsync(plan, _node.Launcher, _node.Runner, _node.Time);
        Tell(pod, warning: false, "Created", $"Created container {_state.Name}");
        _previousLog = _log;
        _log = new ContainerLog(plan.LogFile, process.Logged);
        await process.Up;
        bool probed = _container["startupProbe"] is not null;
        string id = $"{pod.Uid()}{_state.Name}{attempt}";
        Set(_state with
        {
            Phase = ContainerPhase.Running,
            Reason = "",
            Message = "",
            StartedAt = _node.Time.GetUtcNow(),
            RestartCount = attempt,
            Ended = null,
            Started = !probed,
            Ready = !probed && _container["readinessProbe"] is null,
            ContainerId = "lateen://" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id))),
        });
        Tell(pod, warning: false, "Started", $"Started container {_state.Name}");
        return process;
    }

    // Until the process ended: hooks and probes run, and a stop or a failed liveness probe ends it.
    private async Task WatchOverAsync(PodRun run, ContainerProcess process, CancellationToken stop)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool> healthy = HealthAsync(run, over.Token);
        Task stopped = Task.Delay(Timeout.Infinite, over.Token);
        await Task.WhenAny(process.Exited, healthy, stopped);
        await over.CancelAsync();
        bool isHealthy = await healthy;
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (process.Exited.IsCompleted)
        {
            return;
        }

        string why = isHealthy ? $"Stopping container {_state.Name}" : $"Container {_state.Name} failed liveness probe, will be restarted";
        Tell(run.Surroundings.Fields.Pod, warning: false, "Killing", why);
        Set(_state with { Ready = false });
        await TerminateAsync(run, process, isHealthy);
    }

    // false when the container is to be restarted because it is not well; true when cancelled.
    private async Task<bool> HealthAsync(PodRun run, CancellationToken over)
    {
        try
        {
            if (await HookAsync(run, "postStart", over) is { } trouble)
            {
                Tell(run.Surroundings.Fields.Pod, warning: true, "FailedPostStartHook", trouble);
                return false;
            }

            string address = run.Surroundings.Fields.PodAddress;
            if (ProbeOptions.Read(_container, "startupProbe", address) is { } startup)
            {
                bool well = false;
                await ProbeAsync(run, startup, "Startup", (good, _) =>
                {
                    well = good;
                    return false;
                }, over);
                if (!well)
                {
                    return false;
                }

                Set(_state with { Started = true, Ready = _container["readinessProbe"] is null });
            }

            _started.TrySetResult();
            await StayWellAsync(run, address, over);
            return false;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return true;
        }
    }

    // Ends when the container is not alive any more, by its liveness probe; readiness goes up and down meanwhile.
    private async Task StayWellAsync(PodRun run, string address, CancellationToken over)
    {
        using CancellationTokenSource asking = CancellationTokenSource.CreateLinkedTokenSource(over);
        Task readiness = ProbeOptions.Read(_container, "readinessProbe", address) is { } ready
            ? ProbeAsync(run, ready, "Readiness", (good, _) =>
            {
                Set(_state with { Ready = good });
                return true;
            }, asking.Token)
            : Task.CompletedTask;
        try
        {
            await (ProbeOptions.Read(_container, "livenessProbe", address) is { } liveness
                ? ProbeAsync(run, liveness, "Liveness", (good, _) => good, asking.Token)
                : Task.Delay(Timeout.Infinite, asking.Token));
        }
        finally
        {
            await asking.CancelAsync();
            await readiness.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task ProbeAsync(PodRun run, ProbeOptions options, string kind, Func<bool, string, bool> report, CancellationToken over) =>
        ProbeLoop.RunAsync(
            options,
            cancellation => AskAsync(options, cancellation),
            report,
            trouble => Tell(run.Surroundings.Fields.Pod, warning: true, "Unhealthy", $"{kind} probe failed: {trouble}"),
            _node.Time,
            over);

    private async Task<string?> AskAsync(ProbeOptions options, CancellationToken cancellation)
    {
        try
        {
            return await _node.Prober.ProbeAsync(options.Action, options.Timeout, ExecuteAsync, cancellation);
        }
        catch (CommandException error)
        {
            return error.Message;
        }
    }

    private async Task<string?> HookAsync(PodRun run, string hook, CancellationToken cancellation)
    {
        if (_container.At("lifecycle", hook) is not JsonObject handler)
        {
            return null;
        }

        if (handler.Number("sleep", "seconds") is { } seconds)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), _node.Time, cancellation);
            return null;
        }

        if (ProbeAction.Read(handler, _container, run.Surroundings.Fields.PodAddress) is not { } action)
        {
            return null;
        }

        try
        {
            return await _node.Prober.ProbeAsync(action, TimeSpan.FromMinutes(10), ExecuteAsync, cancellation);
        }
        catch (CommandException error)
        {
            return error.Message;
        }
    }

    private async Task TerminateAsync(PodRun run, ContainerProcess process, bool isHealthy)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(run.Kill);
        if (isHealthy is false)
        {
            end.CancelAfter(TimeSpan.FromSeconds(run.Surroundings.Fields.Pod.Number("spec", "terminationGracePeriodSeconds") ?? 30));
        }

        try
        {
            if (await HookAsync(run, "preStop", end.Token) is { } trouble)
            {
                Tell(run.Surroundings.Fields.Pod, warning: true, "FailedPreStopHook", trouble);
            }

            // A process that can not hear the signal would only let the grace period pass.
            string signal = ImageCatalogue.Find(_state.Image)?.StopSignal ?? "TERM";
            if (await process.SignalAsync(signal, end.Token))
            {
                await process.Exited.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is over.
        }

        await process.KillAsync();
    }

    private void Ended(int code)
    {
        string reason = code == 0 ? "Completed" : "Error";
        Termination ended = new(code, reason, "", _state.StartedAt, _node.Time.GetUtcNow(), _state.ContainerId);
        Set(_state with { Phase = ContainerPhase.Terminated, Ended = ended, Ready = false, Started = false });
    }

    private async Task PauseAsync(PodRun run, int failures, CancellationToken stop)
    {
        if (failures == 0)
        {
            Set(_state with { Last = _state.Ended });
            return;
        }

        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        pause = pause < LastPause ? pause : LastPause;
        JsonObject pod = run.Surroundings.Fields.Pod;
        string seconds = pause.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        Tell(pod, warning: true, "BackOff", $"Back-off restarting failed container {_state.Name} in pod {pod.Name()}_{pod.Namespace()}({pod.Uid()})");
        Set(_state with
        {
            Phase = ContainerPhase.Waiting,
            Reason = "CrashLoopBackOff",
            Message = $"back-off {seconds}s restarting failed container={_state.Name} pod={pod.Name()}_{pod.Namespace()}({pod.Uid()})",
            Last = _state.Ended,
        });
        await WaitAsync(Task.Delay(pause, _node.Time, stop), stop);
    }

    private static async Task WaitAsync(Task task, CancellationToken stop)
    {
        try
        {
            await task.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller looks at the token.
        }
    }

    private void Set(ContainerState state)
    {
        if (state != _state)
        {
            _state = state;
            _changed();
        }
    }

    private void Tell(JsonObject pod, bool warning, string reason, string message)
    {
        string field = $"spec.{(_state.IsInit ? "initContainers" : "containers")}{{{_state.Name}}}";
        if (warning)
        {
            _node.Events.Warning(pod, Component, reason, message, field);
        }
        else
        {
            _node.Events.Normal(pod, Component, reason, message, field);
        }
    }
}
