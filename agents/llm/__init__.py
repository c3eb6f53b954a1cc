"""Language models behind one interface: MiniMax, any server that speaks OpenAI's protocol, and a scripted one."""
