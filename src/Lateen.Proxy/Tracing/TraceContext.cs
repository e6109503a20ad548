namespace Lateen.Proxy.Tracing;

/// <summary>Where in a trace a request is. A value: it lives in the exchange and costs nothing.</summary>
internal struct TraceContext
{
    /// <summary>A span was begun for the request.</summary>
    public bool HasBegun;

    public bool IsSampled;

    public ulong TraceHigh;

    public ulong TraceLow;

    public ulong Span;

    /// <summary>0: the first of its trace.</summary>
    public ulong Parent;

    /// <summary>The span of the way to the upstream, 0 if there is none of its own.</summary>
    public ulong Child;
}
