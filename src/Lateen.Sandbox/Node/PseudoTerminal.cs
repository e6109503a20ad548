using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lateen.Sandbox.Node;

/// <summary>The near end of a pseudo terminal (pty(7)): what is written here a program reads as typed, and the other way round.</summary>
internal sealed class PseudoTerminal : Stream
{
    private const nuint GetNumber = 0x80045430;
    private const nuint SetLock = 0x40045431;
    private const nuint SetSize = 0x5414;

    private readonly SafeFileHandle _handle;
    private readonly FileStream _file;

    /// <summary>Makes a terminal.</summary>
    /// <exception cref="IOException">The kernel gives none.</exception>
    public PseudoTerminal()
    {
        _handle = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int unlocked = 0;
        int number = 0;
        if (Control(_handle, SetLock, ref unlocked) != 0 || Control(_handle, GetNumber, ref number) != 0)
        {
            throw new IOException($"/dev/ptmx: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        // Without a buffer it is read and written at the same time by two callers, each with a call of its own.
        _file = new FileStream(_handle, FileAccess.ReadWrite, bufferSize: 0, isAsync: false);
        FarEnd = $"/dev/pts/{number}";
    }

    /// <summary>The path of the end that the program gets.</summary>
    public string FarEnd { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Says how large the window is, in characters.</summary>
    public void Resize(int columns, int rows)
    {
        // struct winsize: rows, columns, and two sizes in pixels that nobody reads.
        long size = (ushort)rows | ((long)(ushort)columns << 16);
        _ = ControlSize(_handle, SetSize, ref size);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _file.Read(buffer);
        }
        catch (IOException)
        {
            // EIO: the last process closed the far end, which is how a terminal ends.
            return 0;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => _file.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _file.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

#pragma warning disable SYSLIB1054 // The generated form needs unsafe code; these arguments need no marshalling worth it.
    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(SafeFileHandle handle, nuint request, ref int value);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ControlSize(SafeFileHandle handle, nuint request, ref long value);
#pragma warning restore SYSLIB1054
}
