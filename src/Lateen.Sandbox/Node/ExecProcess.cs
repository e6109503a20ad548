using System.Diagnostics;
using Lateen.Sandbox.Kubelet;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>A further process in a container, with pipes or a terminal as its streams.</summary>
internal sealed class ExecProcess : IContainerProcess
{
    private readonly Process _process;
    private readonly PseudoTerminal? _terminal;
    private readonly Task _drained;

    private ExecProcess(Process process, PseudoTerminal? terminal, ExecRequest request)
    {
        (_process, _terminal) = (process, terminal);
        if (terminal is not null)
        {
            Stdin = request.Stdin ? new InputOnly(terminal) : null;
            Stdout = request.Stdout ? terminal : null;
            _drained = Task.CompletedTask;
            return;
        }

        if (request.Stdin)
        {
            Stdin = process.StandardInput.BaseStream;
        }
        else
        {
            process.StandardInput.Close();
        }

        // A stream that nobody reads must not fill up and stop the process.
        Stdout = request.Stdout ? process.StandardOutput.BaseStream : null;
        Stderr = request.Stderr ? process.StandardError.BaseStream : null;
        _drained = Task.WhenAll(
            request.Stdout ? Task.CompletedTask : process.StandardOutput.BaseStream.CopyToAsync(Stream.Null),
            request.Stderr ? Task.CompletedTask : process.StandardError.BaseStream.CopyToAsync(Stream.Null));
    }

    public Stream? Stdin { get; }

    public Stream? Stdout { get; }

    public Stream? Stderr { get; }

    /// <summary>Starts a command of the host that enters the container.</summary>
    public static async Task<ExecProcess> StartAsync(Command command, ExecRequest request, ProcessLauncher launcher)
    {
        if (!request.Terminal)
        {
            ProcessStartInfo plain = new("setpriv", ["--pdeathsig", "KILL", "--", command.Program, .. command.Arguments])
            {
                WorkingDirectory = "/",
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            return new ExecProcess(await launcher.StartAsync(plain), null, request);
        }

        PseudoTerminal terminal = new();
        ProcessStartInfo start = new("setpriv",
        [
            "--pdeathsig", "KILL", "--", "/bin/sh", "-c", "exec \"$@\" <\"$0\" >\"$0\" 2>&1", terminal.FarEnd,
            command.Program, .. command.Arguments,
        ])
        {
            WorkingDirectory = "/",
        };
        return new ExecProcess(await launcher.StartAsync(start), terminal, request);
    }

    public void Resize(int columns, int rows) => _terminal?.Resize(columns, rows);

    public async Task<int> WaitAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _drained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_terminal is not null)
        {
            await _terminal.DisposeAsync();
        }

        _process.Dispose();
    }

    /// <summary>The writing side of a terminal: closing it types the end-of-file character instead of hanging up.</summary>
    private sealed class InputOnly(PseudoTerminal terminal) : Stream
    {
        private const byte EndOfTransmission = 4;

        public override bool CanRead => false;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => terminal.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            terminal.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            terminal.WriteAsync(buffer, offset, count, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            try
            {
                terminal.Write([EndOfTransmission], 0, 1);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // The program is gone already.
            }

            base.Dispose(disposing);
        }
    }
}
