using System.Net.Sockets;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Kubelet;
using ExecRequest = Lateen.Sandbox.Kubelet.ExecRequest;

namespace Lateen.Sandbox.Node;

/// <summary>The inside of the node's pods, for logs, exec and port-forward.</summary>
internal sealed class ContainerAccess(NodeOptions options, ProcessLauncher launcher, Func<IEnumerable<PodWorker>> pods) : IContainerAccess
{
    public async Task<IContainerProcess> ExecAsync(ContainerId container, ExecRequest request, CancellationToken cancel)
    {
        ContainerRunner runner = Find(container);
        if (runner.Process is not { Pid: { } pid } process)
        {
            throw new ContainerAccessException($"container {container.Container} is not running", notFound: false);
        }

        return await ExecProcess.StartAsync(ContainerExec.CommandFor(pid, process.Plan, request.Command, request.Terminal), request, launcher);
    }

    public Task<IContainerProcess> AttachAsync(ContainerId container, ExecRequest request, CancellationToken cancel) =>
        throw new ContainerAccessException("the sandbox keeps no streams to attach to; use kubectl logs -f or kubectl exec", notFound: false);

    public Task<IContainerLog> OpenLogAsync(ContainerId container, bool previous, CancellationToken cancel)
    {
        ContainerRunner runner = Find(container);
        ContainerLog? log = previous ? runner.PreviousLog : runner.Log;
        return log is not null
            ? Task.FromResult<IContainerLog>(log)
            : throw new ContainerAccessException(
                previous
                    ? $"previous terminated container \"{container.Container}\" in pod \"{container.Pod.Name}\" not found"
                    : $"container \"{container.Container}\" in pod \"{container.Pod.Name}\" is waiting to start: {runner.State.Reason}",
                notFound: false);
    }

    public async Task<Stream> DialAsync(PodId pod, int port, CancellationToken cancel)
    {
        try
        {
            return await NetworkNamespaceDialer.DialAsync(options.Network.PodNamespace(Find(pod).Pod.Uid()), port, cancel);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw new ContainerAccessException($"port {port} of pod {pod.Namespace}/{pod.Name}: {error.Message}", notFound: false);
        }
    }

    private PodWorker Find(PodId id) =>
        pods().FirstOrDefault(worker => worker.Pod.Namespace() == id.Namespace && worker.Pod.Name() == id.Name && (id.Uid is null || worker.Pod.Uid() == id.Uid))
        ?? throw new ContainerAccessException($"pod \"{id.Name}\" does not run on this node", notFound: true);

    private ContainerRunner Find(ContainerId id) =>
        Find(id.Pod).Containers.FirstOrDefault(container => container.State.Name == id.Container)
        ?? throw new ContainerAccessException($"container {id.Container} not found in pod {id.Pod.Name}", notFound: true);
}

/// <summary>The log of one run of a container.</summary>
internal sealed record ContainerLog(string Path, Task Ended) : IContainerLog;
