namespace Lateen.Cli;

/// <summary>A verb can not do what was asked; the message says what, where and what to do, and is all that the person sees.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
