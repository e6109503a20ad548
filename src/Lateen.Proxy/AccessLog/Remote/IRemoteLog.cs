using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog.Remote;

/// <summary>A logger that sends its entries to a service.</summary>
/// <remarks>Makes an object for each entry: what is logged remotely is not the steady state without allocation.</remarks>
internal interface IRemoteLog
{
    /// <summary>Takes an entry of a stream that is over; sending it is another thread's work.</summary>
    void Add(StreamInfo info, ProxyWorker worker);
}
