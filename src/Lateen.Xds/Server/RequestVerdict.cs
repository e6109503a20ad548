namespace Lateen.Xds.Server;

/// <summary>What a request asks of the server.</summary>
internal enum RequestVerdict
{
    /// <summary>Nothing: it accepted the last response and wants nothing new.</summary>
    Acked,

    /// <summary>It refused the last response.</summary>
    Nacked,

    /// <summary>It answers a response that is not the last one: to be ignored.</summary>
    Stale,

    /// <summary>The last names were given up.</summary>
    Unsubscribed,

    /// <summary>Resources are wanted.</summary>
    Wanted,
}
