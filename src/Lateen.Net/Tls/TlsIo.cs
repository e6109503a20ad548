using System.Runtime.InteropServices;
using Lateen.Net.Sockets;
using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>A loop's meeting point with libssl: one BIO method, and native memory that the connections of the loop share.</summary>
/// <remarks>
/// Every connection's BIO points to the same block, filled in before each call: so a connection costs no buffer of its own, records are
/// read by recv straight into libssl's buffer, and what libssl writes is gathered to leave by one send. Used by one thread.
/// Nothing here allocates on the managed heap.
/// </remarks>
internal sealed unsafe class TlsIo : IDisposable
{
    private const int InitialOutput = 64 * 1024;

    private readonly nint _method;
    private Shared* _shared;

    public TlsIo()
    {
        _shared = (Shared*)NativeMemory.AllocZeroed((nuint)sizeof(Shared));
        _shared->Output = (byte*)NativeMemory.Alloc(InitialOutput);
        _shared->OutputCapacity = InitialOutput;
        fixed (byte* name = "lateen\0"u8)
        {
            _method = BIO_meth_new(BIO_get_new_index() | BioSourceSink, name);
        }
        _ = BIO_meth_set_read(_method, &OnRead);
        _ = BIO_meth_set_write(_method, &OnWrite);
        _ = BIO_meth_set_ctrl(_method, &OnControl);
    }

    /// <summary>What libssl has written during the last call and nobody has taken yet.</summary>
    public ReadOnlySpan<byte> Output => new(_shared->Output, _shared->OutputLength);

    /// <summary>The last call has met the end of the TCP stream.</summary>
    public bool SawEnd => _shared->SawEnd;

    /// <summary>The socket had no more bytes.</summary>
    public bool IsDrained => _shared->IsDrained;

    /// <summary>The error number of recv, 0 if there was none.</summary>
    public int ReceiveError => _shared->ReceiveError;

    /// <summary>Makes a connection's SSL object, its BIO being this loop's.</summary>
    public nint Open(nint context, bool isServer)
    {
        nint ssl = SSL_new(context);
        nint bio = BIO_new(_method);
        BIO_set_data(bio, _shared);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl, bio, bio);
        if (isServer)
        {
            SSL_set_accept_state(ssl);
        }
        else
        {
            SSL_set_connect_state(ssl);
        }
        return ssl;
    }

    public void ClearOutput() => _shared->OutputLength = 0;

    /// <summary>The resumable session that the last call was given, or 0; the caller owns it.</summary>
    public nint TakeSession()
    {
        nint session = _shared->NewSession;
        _shared->NewSession = 0;
        return session;
    }

    /// <summary>SSL_do_handshake; bytes that were read before come first.</summary>
    public int Handshake(nint ssl, int fd, ReadOnlySpan<byte> earlier, out int consumed)
    {
        fixed (byte* p = earlier)
        {
            Begin(fd, p, earlier.Length);
            int result = SSL_do_handshake(ssl);
            consumed = earlier.Length - _shared->InputLength;
            _shared->InputLength = 0;
            return result;
        }
    }

    /// <summary>SSL_read until the buffer is full or there is nothing left. Returns the bytes read; <paramref name="error"/> says why it ended.</summary>
    public int Read(nint ssl, int fd, ReadOnlySpan<byte> earlier, Span<byte> buffer, out int consumed, out int error)
    {
        int total = 0;
        error = 0;
        fixed (byte* e = earlier, p = buffer)
        {
            Begin(fd, e, earlier.Length);
            while (total < buffer.Length)
            {
                int n = SSL_read(ssl, p + total, buffer.Length - total);
                if (n <= 0)
                {
                    error = SSL_get_error(ssl, n);
                    break;
                }
                total += n;
                if (_shared->IsDrained && _shared->InputLength == 0 && SSL_has_pending(ssl) == 0)
                {
                    error = ErrorWantRead;
                    break;
                }
            }
            consumed = earlier.Length - _shared->InputLength;
            _shared->InputLength = 0;
        }
        return total;
    }

    /// <summary>SSL_write of one record's worth; the ciphertext is appended to <see cref="Output"/>.</summary>
    public static int Write(nint ssl, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            return SSL_write(ssl, p, data.Length);
        }
    }

    public void Dispose()
    {
        if (_shared != null)
        {
            NativeMemory.Free(_shared->Output);
            NativeMemory.Free(_shared);
            _shared = null;
        }
    }

    /// <summary>SSL_CTX_sess_set_new_cb: the session is kept for the caller of the running call; 1 says that it is ours now.</summary>
    [UnmanagedCallersOnly]
    public static int OnNewSession(nint ssl, nint session)
    {
        Shared* shared = (Shared*)BIO_get_data(SSL_get_rbio(ssl));
        if (shared->NewSession != 0)
        {
            SSL_SESSION_free(shared->NewSession);
        }
        shared->NewSession = session;
        return 1;
    }

    private void Begin(int fd, byte* input, int length)
    {
        _shared->Fd = fd;
        _shared->Input = input;
        _shared->InputLength = length;
        _shared->IsDrained = _shared->SawEnd = false;
        _shared->ReceiveError = 0;
    }

    [UnmanagedCallersOnly]
    private static int OnRead(nint bio, byte* buffer, int length)
    {
        Shared* shared = (Shared*)BIO_get_data(bio);
        BIO_clear_flags(bio, BioRetryMask);
        if (shared->InputLength > 0)
        {
            int count = Math.Min(length, shared->InputLength);
            Buffer.MemoryCopy(shared->Input, buffer, length, count);
            shared->Input += count;
            shared->InputLength -= count;
            return count;
        }
        if (!shared->IsDrained)
        {
            nint n;
            do
            {
                n = LibC.recv(shared->Fd, buffer, length, LibC.MsgDontWait);
            }
            while (n < 0 && LibC.Errno == LibC.Eintr);
            if (n > 0)
            {
                // A short read has emptied the socket: the next call need not ask the kernel.
                shared->IsDrained = n < length;
                return (int)n;
            }
            if (n == 0)
            {
                shared->SawEnd = true;
                return 0;
            }
            if (LibC.Errno != LibC.Eagain)
            {
                shared->ReceiveError = LibC.Errno;
                return -1;
            }
            shared->IsDrained = true;
        }
        BIO_set_flags(bio, BioRead | BioRetry);
        return -1;
    }

    [UnmanagedCallersOnly]
    private static int OnWrite(nint bio, byte* data, int length)
    {
        Shared* shared = (Shared*)BIO_get_data(bio);
        BIO_clear_flags(bio, BioRetryMask);
        int wanted = shared->OutputLength + length;
        if (wanted > shared->OutputCapacity)
        {
            // Only a flight with a very long chain of certificates comes here: data leaves before that.
            int capacity = Math.Max(wanted, shared->OutputCapacity * 2);
            shared->Output = (byte*)NativeMemory.Realloc(shared->Output, (nuint)capacity);
            shared->OutputCapacity = capacity;
        }
        Buffer.MemoryCopy(data, shared->Output + shared->OutputLength, length, length);
        shared->OutputLength = wanted;
        return length;
    }

    [UnmanagedCallersOnly]
    private static long OnControl(nint bio, int command, long number, void* pointer) => command == BioCtrlFlush ? 1 : 0;

    private struct Shared
    {
        public byte* Input;
        public int InputLength;
        public int Fd;
        public bool IsDrained;
        public bool SawEnd;
        public int ReceiveError;
        public byte* Output;
        public int OutputLength;
        public int OutputCapacity;
        public nint NewSession;
    }
}
