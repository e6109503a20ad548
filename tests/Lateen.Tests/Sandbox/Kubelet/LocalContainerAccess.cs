using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Lateen.Sandbox.Kubelet;

namespace Lateen.Tests.Sandbox.Kubelet;

/// <summary>Containers that are plain processes of this machine.</summary>
internal sealed class LocalContainerAccess(string logPath) : IContainerAccess
{
    public Task<IContainerProcess> ExecAsync(ContainerId container, ExecRequest request, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(request.Command[0], request.Command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Task.FromResult<IContainerProcess>(new LocalProcess(Process.Start(start)!));
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            throw new ContainerAccessException(problem.Message, notFound: false);
        }
    }

    public Task<IContainerProcess> AttachAsync(ContainerId container, ExecRequest request, CancellationToken cancel) =>
        throw new ContainerAccessException("nothing to attach to", notFound: false);

    public Task<IContainerLog> OpenLogAsync(ContainerId container, bool previous, CancellationToken cancel) => previous
        ? throw new ContainerAccessException($"previous terminated container \"{container.Container}\" in pod \"{container.Pod.Name}\" not found", notFound: true)
        : Task.FromResult<IContainerLog>(new LocalLog(logPath));

    public async Task<Stream> DialAsync(PodId pod, int port, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed record LocalLog(string Path) : IContainerLog
    {
        public Task Ended => Task.CompletedTask;
    }

    private sealed class LocalProcess(Process process) : IContainerProcess
    {
        public Stream? Stdin => process.StandardInput.BaseStream;

        public Stream? Stdout => process.StandardOutput.BaseStream;

        public Stream? Stderr => process.StandardError.BaseStream;

        public void Resize(int columns, int rows)
        {
        }

        public async Task<int> WaitAsync(CancellationToken cancel)
        {
            await process.WaitForExitAsync(cancel);
            return process.ExitCode;
        }

        public ValueTask DisposeAsync()
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
