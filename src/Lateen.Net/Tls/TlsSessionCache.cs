using static Lateen.Net.Tls.LibSsl;

namespace Lateen.Net.Tls;

/// <summary>The resumable sessions that one host has given one thread. RFC 8446 C.4: a ticket is used once, so each offer takes one out.</summary>
/// <remarks>Sessions belong to the context they were made with: another context finds nothing, so what it trusts is verified anew.</remarks>
internal sealed class TlsSessionCache
{
    private const int Capacity = 4;

    private readonly nint[] _sessions = new nint[Capacity];
    private int _count;
    private TlsContext? _context;

    ~TlsSessionCache() => Clear();

    /// <summary>The newest session of that context, or 0; the caller owns it.</summary>
    public nint Take(TlsContext context)
    {
        if (context != _context || _count == 0)
        {
            return 0;
        }
        return _sessions[--_count];
    }

    /// <summary>Keeps a session; the cache owns it from here on.</summary>
    public void Put(TlsContext context, nint session)
    {
        if (context != _context)
        {
            Clear();
            _context = context;
        }
        if (_count == Capacity)
        {
            SSL_SESSION_free(_sessions[0]);
            Array.Copy(_sessions, 1, _sessions, 0, Capacity - 1);
            _count--;
        }
        _sessions[_count++] = session;
    }

    public void Clear()
    {
        while (_count > 0)
        {
            SSL_SESSION_free(_sessions[--_count]);
        }
        _context = null;
    }
}
