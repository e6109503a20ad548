namespace Lateen.Proxy.Views;

/// <summary>An active listener, for the listeners page.</summary>
/// <param name="Name">The listener's name.</param>
/// <param name="Address">ip:port as configured.</param>
/// <param name="IsBound">It has a socket of its own (bind_to_port).</param>
public sealed record ListenerView(string Name, string Address, bool IsBound);
