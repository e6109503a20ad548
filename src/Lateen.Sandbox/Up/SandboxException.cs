namespace Lateen.Sandbox.Up;

/// <summary>The mesh can not be brought up or down; the message says what is wrong and what to do.</summary>
public sealed class SandboxException(string message, Exception? inner = null) : Exception(message, inner);
