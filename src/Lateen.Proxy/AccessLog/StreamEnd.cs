namespace Lateen.Proxy.AccessLog;

/// <summary>Who ended a stream or connection first.</summary>
internal enum StreamEnd : byte
{
    None,
    Downstream,
    Upstream,
    Proxy,
}
