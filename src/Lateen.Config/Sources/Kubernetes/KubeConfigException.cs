namespace Lateen.Config.Sources.Kubernetes;

/// <summary>The way to the API server can not be read; the message says which file and field, and what to do.</summary>
public sealed class KubeConfigException(string message, Exception? inner = null) : Exception(message, inner);
